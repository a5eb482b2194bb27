"""The HTTP interface at ``/api/v1``, `/v1` (OpenAI's protocol) and ``/mcp``: one module per part."""
