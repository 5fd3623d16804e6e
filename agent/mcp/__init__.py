"""`vidscout mcp`: the Model Context Protocol face."""
