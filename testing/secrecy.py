"""Finds a secret in what others can read: as it is, cut off, or in any of the usual encodings."""

import base64
import html
import json
import logging
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from urllib.parse import quote, quote_plus

PIECE = 20
"""Characters that are told apart from chance: a secret that was cut off shows as well."""
_CHATTY = ("botocore", "botocore.endpoint", "botocore.parsers", "botocore.hooks", "urllib3", "boto3", "s3transfer")


@lru_cache(maxsize=512)
def forms(secret: str) -> frozenset[str]:
    """Return pieces of the secret, one of which is in every text that has the secret or a good part of it."""
    raw = secret.encode()
    spelled = [secret, quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret)]
    spelled += [json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[3:-3], repr(secret)[1:-1], raw.hex()]
    spelled += [secret.replace("/", "\\/"), secret.swapcase(), secret[::-1]]
    # In Base64 a text reads in three ways, by where it begins in what was encoded.
    for before in range(3):
        encoded = base64.b64encode(b"x" * before + raw).decode()[4:-4]
        spelled += [encoded, encoded.replace("+", "-").replace("/", "_")]
    return frozenset(one[at : at + PIECE] for one in spelled for at in range(0, len(one) - PIECE + 1, PIECE))


def leaks(secret: str, text: str) -> list[str]:
    """Return the pieces of the secret that the text has."""
    return [piece for piece in forms(secret) if piece in text]


def leaking(secrets: Iterable[str], text: str) -> set[str]:
    """Return those of many secrets of which a long text has a piece: it is read once for all of them."""
    owners = {piece: secret for secret in secrets for piece in forms(secret)}
    windows = (text[at : at + PIECE] for at in range(len(text) - PIECE + 1))
    return {owners[window] for window in windows if window in owners}


def all_forms(raised: BaseException) -> str:
    """Return all that an error says to whoever prints it in any way."""
    printed = "".join(traceback.format_exception(raised))
    # https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    # whose stack trace is lines of what is printed.
    answered = [str(raised), type(raised).__name__]
    return f"{printed}{answered}{raised!r}{raised.args}{vars(raised)}"


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record) + str(vars(record).get("fields", "")))


@contextmanager
def overheard(*, debug: bool) -> Iterator[list[str]]:
    """Collect what is logged by anybody; with ``debug`` as loudly as a user's workload can make it."""
    loggers = [logging.getLogger(name) for name in ("", "sfn_callback", *(_CHATTY if debug else ()))]
    levels = [logger.level for logger in loggers]
    handler = _Lines()
    for logger in loggers[:2]:
        logger.addHandler(handler)
    for logger in loggers if debug else ():
        logger.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
