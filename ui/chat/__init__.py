"""The chat: `page` lays it out and is all that knows Gradio; the rest says what a reader gets to see."""

from ui.chat.mount import mount_chat

__all__ = ["mount_chat"]
