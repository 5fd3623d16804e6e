"""Who may ask: looked at before anything else reads a request, in front of page, API and MCP alike."""
