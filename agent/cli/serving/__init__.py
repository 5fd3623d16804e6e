"""Commands that serve other programs: HTTP, MCP, and tools on a Ray cluster."""
