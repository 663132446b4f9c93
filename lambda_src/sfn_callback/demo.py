r"""The demo workload: counts the words of a UTF-8 text.

Paragraphs (separated by blank lines) are gathered into chunks of about ``CHUNK_BYTES`` (environment, default
4096; 0 makes each paragraph a chunk). A word is a match of ``[\w']+``, lower-cased. The merged result is JSON::

    {"words": 1234, "distinct": 567, "top": [["the", 89], …]}

with the 20 most frequent words, ties in alphabetical order.

For trying failures, a paragraph that begins with one of these lines is a chunk by itself; the line is not counted:

``!sleep S``   takes S seconds
``!fail``      raises an error, at every attempt
``!reject``    raises ChunkRejected: no further attempt
``!crash``     kills the process
``!once``      fails at the first attempt only
"""

import io
import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from sfn_callback import clients, settings
from sfn_callback.chunks import Chunk
from sfn_callback.document import Document
from sfn_callback.errors import ChunkRejected, DocumentNotText

TOP = 20
_WORD = re.compile(r"[\w']+")
_DIRECTIVE = re.compile(r"!(sleep|fail|reject|crash|once)\b *(.*)")
_LONGEST = 1024 * 1024
"""Characters of a line or a paragraph: a longer one is cut between words, so that memory is bounded."""


def split(document: Document) -> Iterator[bytes]:
    """Yield chunks of whole paragraphs.

    Raises:
        DocumentNotText: the document is not UTF-8.
    """
    limit = int(os.environ.get("CHUNK_BYTES", "4096"))
    gathered: list[bytes] = []
    for paragraph in _paragraphs(document):
        alone = _DIRECTIVE.match(paragraph) is not None
        body = paragraph.encode()
        if gathered and (alone or sum(map(len, gathered)) + len(body) > limit):
            yield b"".join(gathered)
            gathered.clear()
        if alone:
            yield body
        else:
            gathered.append(body)
    if gathered:
        yield b"".join(gathered)


def process(chunk: bytes) -> bytes:
    """Count the chunk's words: JSON, each word with its number."""
    text = chunk.decode()
    directive = _DIRECTIVE.match(text)
    if directive:
        _DIRECTIVES[directive[1]](chunk, directive[2])
        text = text.partition("\n")[2]
    return json.dumps(Counter(match.lower() for match in _WORD.findall(text)), ensure_ascii=False).encode()


def merge(results: Iterable[bytes]) -> bytes:
    """Add up the chunks' counts."""
    counts: Counter[str] = Counter()
    for result in results:
        counts.update(json.loads(result))
    top = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP]
    summary = {"words": counts.total(), "distinct": len(counts), "top": top}
    return json.dumps(summary, ensure_ascii=False).encode()


def _paragraphs(document: Document) -> Iterator[str]:
    """Yield runs of lines, each with the blank lines behind it."""
    lines: list[str] = []
    length = 0
    for line in _lines(document):
        begins = bool(line.strip()) and bool(lines) and not lines[-1].strip()
        if begins or length > _LONGEST:
            yield "".join(lines)
            lines, length = [], 0
        lines.append(line)
        length += len(line)
    if lines:
        yield "".join(lines)


def _lines(document: Document) -> Iterator[str]:
    text = io.TextIOWrapper(document, "utf-8", newline="")
    rest = ""
    try:
        while line := text.readline(_LONGEST):
            line, rest = rest + line, ""
            if len(line) >= _LONGEST and not line.endswith("\n"):
                line, rest = _cut_between_words(line)
            yield line
    except UnicodeDecodeError as problem:
        raise DocumentNotText(
            f"s3://{document.bucket}/{document.key} is not UTF-8 text ({problem.reason}, byte 0x"
            f"{problem.object[problem.start]:02x})."
            " Convert it, or set the module's variable `workload` to one that reads it."
        ) from None
    if rest:
        yield rest


def _cut_between_words(line: str) -> tuple[str, str]:
    last = max(line.rfind(space) for space in " \t")
    return (line[: last + 1], line[last + 1 :]) if last >= 0 else (line, "")


def _sleep(_: bytes, seconds: str) -> None:
    time.sleep(float(seconds))


def _fail(_chunk: bytes, _rest: str) -> None:
    raise RuntimeError("this paragraph says !fail")


def _reject(_chunk: bytes, _rest: str) -> None:
    raise ChunkRejected("this paragraph says !reject")


def _crash(_chunk: bytes, _rest: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _once(chunk: bytes, _rest: str) -> None:
    if _attempt(chunk) == 1:
        raise RuntimeError("this paragraph says !once, and this is its first attempt")


def _attempt(chunk: bytes) -> int:
    """Count the chunk's attempts where all processors see it: each may run in another environment."""
    if not isinstance(chunk, Chunk):
        raise TypeError("!once needs a chunk that knows its job and number: sfn_callback.chunks.Chunk")
    ours = settings.current()
    counted = clients.dynamodb().update_item(
        TableName=ours.table,
        Key={"pk": {"S": f"{chunk.job}#demo#{chunk.number}"}},
        UpdateExpression="ADD attempts :one SET expires = :expires",
        ExpressionAttributeValues={
            ":one": {"N": "1"},
            ":expires": {"N": str(int(time.time()) + ours.retention_seconds)},
        },
        ReturnValues="ALL_NEW",
    )
    return int(counted["Attributes"]["attempts"]["N"])


_DIRECTIVES: dict[str, Callable[[bytes, str], None]] = {
    "sleep": _sleep,
    "fail": _fail,
    "reject": _reject,
    "crash": _crash,
    "once": _once,
}
