"""Every error that OnRecord raises on purpose, in one place.

    OnRecordError                 anything below; `str(error)` says what to do next
    ├── InputError                one bad item; the rest of a run goes on
    ├── SettingsError             a setting is unknown or has an unusable value
    ├── NotHeld                   a statement or version that the archive does not have
    ├── ArchiveError              the archive cannot be opened or is of another schema
    ├── IndexBusy                 another process owns the vector index directory
    ├── IndexMismatch             an index was built with another model or format
    ├── EmbedderError             the embedding model cannot be loaded
    └── UnverifiedAnswer          an answer failed verification (never reaches a reader)

Exceptions of third-party libraries are mapped to these at the one file that imports the library.
"""


class OnRecordError(Exception):
    """Base of all errors below; its text is written for the person at the keyboard."""


class InputError(OnRecordError):
    """One item of input cannot be taken.

    Args:
        where: file and record, for example ``statements.jsonl:12``.
        problem: what is wrong and what to do about it, in one line.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


class SettingsError(OnRecordError):
    """A setting is unknown or has an unusable value."""


class NotHeld(OnRecordError):
    """The archive does not have that statement or version."""


class ArchiveError(OnRecordError):
    """The archive cannot be opened, or has a schema this version does not know."""


class IndexBusy(OnRecordError):
    """Another process owns the vector index directory."""


class IndexMismatch(OnRecordError):
    """An index was built with another model or format; ``onrecord reindex`` mends it."""


class EmbedderError(OnRecordError):
    """The embedding model cannot be loaded."""


class UnverifiedAnswer(OnRecordError):
    """An answer has a citation that does not hold; it must not be shown."""
