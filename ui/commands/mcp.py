"""`onrecord mcp`."""

from __future__ import annotations

import argparse

from corpus.holdings import Holdings
from rag.engine import Engine
from ui.api.mcp import serve_stdio
from ui.commands.opening import settings_from


def mcp(arguments: argparse.Namespace) -> int:
    """Serve the archive to the program that started this one, by the Model Context Protocol on standard input."""
    with Holdings(settings_from(arguments)) as holdings:
        serve_stdio(Engine(holdings))
    return 0
