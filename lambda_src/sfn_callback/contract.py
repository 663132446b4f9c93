"""The types that a workload receives, and those that it may return instead of bytes.

``split`` yields, and ``process`` and ``merge`` return: bytes; a binary file, which is read to its end; an iterable of
bytes; or one of these in a :class:`Content`. Files and iterables are uploaded in parts as they come, so they may be
larger than the memory.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import Any, BinaryIO, NoReturn, TypeAlias

from sfn_callback import layout, settings
from sfn_callback.errors import ChunkTooLarge, WorkloadInvalid

Body: TypeAlias = bytes | BinaryIO | Iterable[bytes]

_PIECE_BYTES = 1024 * 1024


class Pending(Enum):
    """The type of :data:`PENDING`."""

    PENDING = "pending"


PENDING = Pending.PENDING
"""What ``process`` returns of a chunk that somebody else finishes, and reports by the chunk's token."""


@dataclass(frozen=True)
class Content:
    """A body, with its media type, such as ``text/plain; charset=utf-8``."""

    body: Body
    content_type: str = ""


@dataclass(frozen=True)
class NewChunk(Content):
    """A chunk that ``split`` may yield: ``process`` receives its ``name`` and ``fields`` (a JSON object)."""

    name: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Merged(Content):
    """A result that ``merge`` may return: ``beside`` has more objects, by the suffix of the merged object's key.

    They are written before the merged object. If the body is an iterable, they are read after it.
    """

    beside: Mapping[str, "Content | Body"] = field(default_factory=dict)


MAX_BESIDE = 40
"""Objects beside a merged one: the execution's output, of 256 KiB, names each."""


@dataclass(frozen=True)
class Source:
    """The document that a chunk belongs to: ``version`` is ``None`` if its bucket keeps no versions."""

    bucket: str
    key: str
    version: str | None = None


@dataclass(frozen=True)
class About:
    """What a chunk knows besides its bytes: its document, the document's options, and what ``split`` added."""

    document: Source | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    content_type: str = ""


class _Described:
    """What chunks of any size know."""

    job: str
    number: int
    size: int
    document: Source | None
    options: Mapping[str, Any]
    name: str
    fields: Mapping[str, Any]
    content_type: str
    token_given = False
    _make_token: Callable[[], str] | None = None

    @property
    def token(self) -> str:
        """The chunk token, 64 letters and digits: a secret with which anybody may report the chunk's outcome.

        Raises:
            WorkloadInvalid: the deployment takes no reports.
        """
        if self._make_token is None:
            raise WorkloadInvalid("This deployment takes no chunk reports: set the module's variable `pending`.")
        if not self.token_given:
            self._token, self.token_given = self._make_token(), True
        return self._token

    @property
    def at(self) -> Source:
        """The chunk's place on S3, for whoever finishes it elsewhere."""
        return Source(settings.current().bucket, layout.chunk(self.job, self.number))

    def with_token(self, make: Callable[[], str] | None) -> None:
        """Set the function that makes the chunk's token when it is asked for."""
        self._make_token = make

    def _describe(self, job: str, number: int, size: int, about: About) -> None:
        self.job, self.number, self.size = job, number, size
        self.document, self.options = about.document, about.options
        self.name, self.fields, self.content_type = about.name, about.fields, about.content_type


class Chunk(_Described, bytes):
    """The chunk that a workload's ``process`` receives: its bytes, with attributes.

    ``job`` and ``number`` (from 0), ``size`` in bytes; ``document`` (:class:`Source`, ``None`` if the chunk was written
    by hand) and its ``options``; ``name``, ``fields`` and ``content_type`` as ``split`` set them. ``at`` is its place
    on S3, and ``token`` the secret that reports it if somebody else finishes it.
    """

    def __new__(cls, body: bytes, job: str, number: int, about: About | None = None) -> "Chunk":
        """Make a chunk of ``body``."""
        chunk = super().__new__(cls, body)
        chunk._describe(job, number, len(body), about or About())
        return chunk

    def __getnewargs__(self) -> tuple[Any, ...]:
        # For workloads with other processes: pickle restores the other attributes by itself.
        return bytes(self), self.job, self.number

    def open(self) -> BinaryIO:
        """Return the chunk as a seekable binary file."""
        return io.BytesIO(self)


class LargeChunk(_Described):
    """A chunk that is too large for the function's memory: it has a :class:`Chunk`'s attributes, and can be opened."""

    def __init__(self, opener: Callable[[], io.RawIOBase], job: str, number: int, size: int, about: About) -> None:
        self._describe(job, number, size, about)
        self._opener = opener

    def open(self) -> BinaryIO:
        """Return the chunk as a seekable binary file."""
        return io.BufferedReader(self._opener())

    def __getattr__(self, name: str) -> NoReturn:
        # Names that Python itself looks for, for example to copy, must be missing as usual.
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    def _refuse(self, *_: object) -> NoReturn:
        raise ChunkTooLarge(
            f"This chunk has {self.size:,} bytes, more than a quarter of the function's memory."
            " Read it with chunk.open(), make chunks smaller, or give `process` more memory (variable `memory_mb`)."
        )

    __bytes__ = __len__ = __iter__ = __contains__ = __getitem__ = __buffer__ = _refuse


class Results(Iterator[bytes]):
    """The results that a workload's ``merge`` receives, in the order of their chunks, each read when it is asked for.

    ``document`` and its ``options`` are as in :class:`Chunk`; ``job`` is the job, ``chunks`` how many it has, and
    ``failed`` how many of them have no result.
    """

    def __init__(  # noqa: PLR0913 - one for each thing that merge is told
        self,
        bodies: Iterator[bytes],
        files: Iterator[BinaryIO],
        *,
        job: str,
        chunks: int,
        failed: int,
        document: Source | None,
        options: Mapping[str, Any],
    ) -> None:
        self._bodies, self._files = bodies, files
        self.job, self.chunks, self.failed = job, chunks, failed
        self.document, self.options = document, options

    def __next__(self) -> bytes:
        """Return the next result."""
        return next(self._bodies)

    def files(self) -> Iterator[BinaryIO]:
        """Yield the results as binary files, for results that are larger than the memory."""
        return self._files


def content(function: str, value: object) -> Content:
    """Return what a workload's function returned as a :class:`Content`.

    Raises:
        WorkloadInvalid: it is of none of the types in this module's docstring; the error names ``function``.
    """
    given = value if isinstance(value, Content) else Content(value)  # type: ignore[arg-type]
    if isinstance(given.body, bytearray | memoryview):
        return replace(given, body=bytes(given.body))
    if isinstance(given.body, str) or not (hasattr(given.body, "read") or isinstance(given.body, Iterable)):
        raise _invalid(function, given.body)
    return given


def pieces(function: str, body: Body) -> Iterator[bytes]:
    """Return the bytes of a body, piece by piece; errors as :func:`content`, from the iterator."""
    read = getattr(body, "read", None)
    # Not a generator, whose variable would hold the last piece while the next one is made.
    return map(partial(_piece, function), iter(partial(read, _PIECE_BYTES), b"") if read else body)


def _piece(function: str, piece: object) -> bytes:
    # A text file ends with a text, which is refused.
    if not isinstance(piece, bytes | bytearray | memoryview):
        raise _invalid(function, piece)
    return bytes(piece)


def _invalid(function: str, value: object) -> WorkloadInvalid:
    return WorkloadInvalid(
        f"The workload's {function}() returned a {type(value).__name__}; it must return bytes, a binary file,"
        " an iterable of bytes, or one of these in a sfn_callback.Content."
    )
