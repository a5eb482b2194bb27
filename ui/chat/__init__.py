"""The chat: `layout` and `page` are all that knows Gradio; the rest says what a reader gets to see."""

import os
import sys
from importlib.util import find_spec

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # both are read when gradio is imported, and it calls home without
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
if find_spec("matplotlib") is None:  # Gradio tries to import it before and after every event, all along the path
    sys.modules["matplotlib"] = None  # type: ignore[assignment]

from ui.chat.mount import mount_chat

__all__ = ["mount_chat"]
