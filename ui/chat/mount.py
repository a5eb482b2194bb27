"""Put the chat into the server: the page, and the exports that it links to."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request, Response

from corpus.settings import Settings
from rag.engine import Engine
from ui.chat.beside import Beside
from ui.chat.page import mount_page
from ui.chat.talk import Talk
from ui.desk import Desk
from ui.export import FORMS, export
from ui.places import Places
from ui.reader import reader_of

STATIC = Path(__file__).parents[1] / "static"


def mount_chat(app: FastAPI, engine: Engine, settings: Settings, desk: Desk, places: Places) -> None:
    """Put the chat at the application's root, before which everything else has to be in place.

    Args:
        app: the server; its middleware says who the reader is, see `ui.reader`.
        engine: answers and searches.
        settings: title and examples.
        desk: what readers keep.
        places: to work in, which the chat has in common with the interfaces for programs.
    """
    _add_exports(app, desk, settings)
    talk = Talk(engine, desk, settings.chat.examples)
    mount_page(app, talk, Beside(engine, desk), engine, settings, places, STATIC)


def _add_exports(app: FastAPI, desk: Desk, settings: Settings) -> None:
    @app.get("/exports/{conversation_id}.{ending}", include_in_schema=False)
    def exported(conversation_id: str, ending: str, request: Request) -> Response:
        """A conversation of this reader as a file."""
        reader = reader_of(request.scope)
        conversation = desk.conversation(reader.name, conversation_id)
        content = export(conversation, desk.exchanges(reader.name, conversation_id), ending, settings.chat.title)
        headers = {
            "content-disposition": f'attachment; filename="conversation-{conversation.updated:%Y-%m-%d}.{ending}"',
            "cache-control": "no-store",
        }
        return Response(content, media_type=FORMS[ending], headers=headers)
