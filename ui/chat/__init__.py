"""The chat: `layout` and `page` are all that knows Gradio; the rest says what a reader gets to see."""

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # both are read when gradio is imported, and it calls home without
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

from ui.chat.mount import mount_chat

__all__ = ["mount_chat"]
