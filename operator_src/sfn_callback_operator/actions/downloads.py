"""Downloads of results: to a file, which is never left half written, or to stdout, in bounded memory."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.filesize import decimal

from sfn_callback.aws import clients
from sfn_callback_operator.errors import UNAVAILABLE, USAGE, OperatorError
from sfn_callback_operator.jobs.results import Result
from sfn_callback_operator.output import screen

STDOUT = "-"
_LARGE = 8 * 1024 * 1024
"""Bytes: what is larger comes in parts, and shows how far it is."""
_PIECES = 100
"""Of 256 KiB, which wait for the disk."""


class _Stream:
    """A stream without seeking: a file to which stdout is redirected may have content already."""

    def write(self, piece: bytes) -> int:
        return sys.stdout.buffer.write(piece)


def checked(to: str | None, *, as_json: bool) -> None:
    """Refuse a place that cannot be written to, before anything starts.

    Raises:
        OperatorError: the message says what to change.
    """
    if to == STDOUT and as_json:
        raise OperatorError("`-o -` and `--output json` both write to stdout: use only one of them.", USAGE)
    if to in (None, STDOUT):
        return
    path = Path(str(to))
    if path.is_dir():
        raise OperatorError(f"{path} is a directory: name a file in it.", USAGE)
    if not path.parent.is_dir():
        raise OperatorError(f"There is no directory {path.parent}: create it, or name another file.", USAGE)


def deliver(result: Result, to: str | None, *, as_json: bool) -> dict[str, Any]:
    """Write a result to a file or, without one, to stdout; return its description as JSON.

    Raises:
        OperatorError: a terminal cannot show it, or the file cannot be written.
    """
    if to not in (None, STDOUT):
        _to_file(result, str(to))
        if not as_json:
            screen.say(f"Wrote {to}: {decimal(result.size)} of {_kind(result)} from {result.place.url}")
    elif not as_json:
        _to_stdout(result, asked_for=to == STDOUT)
    return {**result.as_json(), "file": to}


def _to_file(result: Result, to: str) -> None:
    try:
        # Into a file beside it, which is renamed when all is there, and removed when that fails.
        _transfer(result, to, seen=True)
    except OSError as error:
        raise OperatorError(f"{to} cannot be written: {error.strerror or error}.", USAGE) from None


def _to_stdout(result: Result, *, asked_for: bool) -> None:
    shown = sys.stdout.isatty()
    if shown and not asked_for and not result.is_text:
        raise OperatorError(f"A terminal cannot show {_kind(result)}: name a file for it, -o FILE.", USAGE)
    # Flush what was printed before it.
    sys.stdout.flush()
    _transfer(result, _Stream(), seen=not shown)
    sys.stdout.buffer.flush()


def _transfer(result: Result, to: Any, *, seen: bool) -> None:
    # Imported here because few commands pay for it.
    from s3transfer.exceptions import RetriesExceededError, S3DownloadFailedError
    from s3transfer.manager import TransferConfig, TransferManager

    at, config = result.place, TransferConfig(multipart_threshold=_LARGE, max_io_queue_size=_PIECES)
    try:
        with _progress(result, seen) as followers, TransferManager(clients.s3(), config) as transfers:
            transfers.download(at.bucket, at.key, to, subscribers=followers).result()
    except (RetriesExceededError, S3DownloadFailedError):
        raise OperatorError(
            f"The download of {at.url} broke off, even after retries. Try again.", UNAVAILABLE
        ) from None


@contextmanager
def _progress(result: Result, seen: bool) -> Iterator[list[Any]]:
    if not seen or result.size <= _LARGE:
        yield []
        return
    with screen.transfer_bar() as bar:
        task = bar.add_task(result.place.key.rpartition("/")[2], total=result.size)
        yield [_Follower(lambda size: bar.advance(task, size))]


class _Follower:
    """Follows the progress that s3transfer reports; negative if a part starts again."""

    def __init__(self, advance: Any) -> None:
        self._advance = advance

    def on_progress(self, bytes_transferred: int, **_: Any) -> None:
        self._advance(bytes_transferred)


def _kind(result: Result) -> str:
    return result.content_type or "unknown type"
