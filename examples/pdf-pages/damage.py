"""Makes an error of what pypdf only warns of: data of a page that cannot be decompressed, and is left out."""

import contextlib
import logging
from collections.abc import Iterator

_LOST = "while decompressing data"
# All of the data is there before its checksum, which some programs get wrong.
_HARMLESS = "incorrect data check"


class Damaged(ValueError):
    """A part of the page is lost."""


class _Noted(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if _LOST in (message := record.getMessage()) and _HARMLESS not in message:
            self.messages.append(message)


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """Raise at the end what pypdf has warned of meanwhile.

    Raises:
        Damaged: data was left out.
    """
    noted, logger = _Noted(), logging.getLogger("pypdf.filters")
    logger.addHandler(noted)
    try:
        yield
    finally:
        logger.removeHandler(noted)
    if noted.messages:
        raise Damaged(noted.messages[0])
