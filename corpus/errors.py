"""Every error that OnRecord raises on purpose, in one place.

    OnRecordError                 anything below; `str(error)` says what to do next
    ├── InputError                one bad item; the rest of a run goes on
    │   └── FetchError            an address could not be fetched
    │       └── AddressRefused    an address that must not be fetched
    ├── SettingsError             a setting is unknown or has an unusable value
    ├── NotHeld                   a statement or version that the archive does not have
    ├── ArchiveError              the archive cannot be opened or is of another schema
    ├── IndexBusy                 another process owns the vector index directory
    ├── IndexMismatch             an index was built with another model or format
    ├── EmbedderError             the embedding model cannot be loaded
    ├── ModelError                the language model gave no answer that can be used
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


class FetchError(InputError):
    """An address could not be fetched.

    Args:
        where: the address.
        problem: as in `InputError`.
        temporary: another try may do better.
        wait: after how many seconds the server asks to be tried again, where it says so.
        put_off: it was not asked, because its server is left alone for now.
    """

    def __init__(
        self, where: str, problem: str, *, temporary: bool = False, wait: float | None = None, put_off: bool = False
    ) -> None:
        super().__init__(where, problem)
        self.temporary = temporary
        self.wait = wait
        self.put_off = put_off


class AddressRefused(FetchError):
    """An address that must not be fetched: not public, of another scheme, or closed to us by its site's robots.txt."""


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


class ModelError(OnRecordError):
    """The language model gave no answer that can be used; its text says why, for the reader."""


class UnverifiedAnswer(OnRecordError):
    """An answer has a citation that does not hold; it must not be shown."""
