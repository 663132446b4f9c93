r"""The demo workload: counts the words of a UTF-8 text; does tasks that end by chance.

For documents: paragraphs (separated by blank lines) are gathered into chunks of about as many bytes as the document's
option ``chunk_bytes`` says, or ``CHUNK_BYTES`` (environment, default 4096; 0 makes each paragraph a chunk). A word is a
match of ``[\w']+``, lower-cased. The merged result is JSON::

    {"words": 1234, "distinct": 567, "top": [["the", 89], …]}

with the 20 most frequent words, ties in alphabetical order.

Where a document is cut into parts, they have about 8 MiB, or as many bytes as its option ``part_bytes`` says, and end
with a line. A line that a part begins with begins a paragraph, too.

For trying failures, a paragraph that begins with one of these lines is a chunk by itself; the line is not counted:

``!sleep S``   takes S seconds
``!fail``      raises an error, at every attempt
``!reject``    raises ChunkRejected: no further attempt
``!crash``     kills the process
``!once``      fails at the first attempt only

For direct, queue and topic: see :func:`work`.
"""

import io
import json
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sfn_callback import Document, by_delimiter
from sfn_callback.aws import dynamodb
from sfn_callback.contract import Chunk, Content
from sfn_callback.errors import ChunkRejected, DocumentNotText, InputInvalid, WorkFailed

TOP = 20
PART_BYTES = 8 * 1024 * 1024
_WORD = re.compile(r"[\w']+")
_DIRECTIVE = re.compile(r"!(sleep|fail|reject|crash|once)\b *(.*)")
LONGEST = 64 * 1024
"""Characters of a line or a paragraph: a longer one is cut between words, so that memory is bounded."""
_LONGEST_WORD = 1_000
"""Characters of a word that is not cut."""


def parts(document: Document) -> Iterator[tuple[int, int]]:
    """Yield the ranges of parts, each of whole lines."""
    return by_delimiter(b"\n", int(document.options.get("part_bytes") or PART_BYTES))(document)


def split(document: Document) -> Iterator[bytes]:
    """Yield chunks of whole paragraphs.

    Raises:
        DocumentNotText: the document is not UTF-8.
    """
    limit = int(document.options.get("chunk_bytes") or os.environ.get("CHUNK_BYTES", "4096"))
    gathered: list[bytes] = []
    size = 0
    for paragraph in _paragraphs(document):
        alone = _DIRECTIVE.match(paragraph) is not None
        body = paragraph.encode()
        if gathered and (alone or size + len(body) > limit):
            yield b"".join(gathered)
            gathered, size = [], 0
        if alone:
            yield body
        else:
            gathered.append(body)
            size += len(body)
    if gathered:
        yield b"".join(gathered)


def process(chunk: bytes) -> bytes:
    """Count the chunk's words: JSON, each word with its number."""
    text = chunk.decode()
    directive = _DIRECTIVE.match(text)
    if directive:
        _obey(chunk, directive[1], directive[2])
        text = text.partition("\n")[2]
    return json.dumps(Counter(match.lower() for match in _WORD.findall(text)), ensure_ascii=False).encode()


def combine(results: Iterable[bytes]) -> bytes:
    """Add up the counts of a part's chunks: JSON as :func:`process` returns it."""
    return json.dumps(_counts(results), ensure_ascii=False).encode()


def merge(results: Iterable[bytes]) -> Content:
    """Add up the chunks' counts."""
    counts = _counts(results)
    top = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP]
    summary = {"words": counts.total(), "distinct": len(counts), "top": top}
    return Content(json.dumps(summary, ensure_ascii=False).encode(), "application/json")


def work(task: dict[str, Any]) -> dict[str, Any]:
    """Be done by chance, fail by chance, or break.

    ``{"done_chance": 0.7, "fail_chance": 0.3, "error": "ProcessingFailed", "seed": 1}``, all optional: with
    ``done_chance`` the task is done, with ``fail_chance`` it fails by the name ``error``, else an error is raised.
    The same seed has the same outcome. ``sleep_seconds`` takes time first; ``crash: true`` kills the process;
    ``output_bytes`` makes the output that large.

    Raises:
        InputInvalid: a chance is not a number from 0 to 1.
    """
    done, fail = _chance(task, "done_chance", 0.7), _chance(task, "fail_chance", 0.3)
    time.sleep(task.get("sleep_seconds", 0))
    if task.get("crash"):
        _crash()
    roll = random.Random(task.get("seed")).random()
    if roll < done:
        return {"done": True, "roll": roll, "padding": "x" * task.get("output_bytes", 0)}
    if roll < done + fail:
        raise WorkFailed(task.get("error", "ProcessingFailed"), f"The roll was {roll:.3f}, which is a failure.")
    raise RuntimeError(f"The roll was {roll:.3f}, which is neither done nor a failure.")


def _counts(results: Iterable[bytes]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for result in results:
        counts.update(json.loads(result))
    return counts


def _chance(task: dict[str, Any], name: str, default: float) -> float:
    chance = task.get(name, default)
    if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0 <= chance <= 1:
        raise InputInvalid(f"{name!r} must be a number from 0 to 1, not {json.dumps(chance)}.")
    return chance


def _paragraphs(document: Document) -> Iterator[str]:
    """Yield runs of lines, each with the blank lines behind it."""
    lines: list[str] = []
    length = 0
    for line in _lines(document):
        begins = bool(line.strip()) and bool(lines) and not lines[-1].strip()
        if begins or length > LONGEST:
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
        while line := text.readline(LONGEST):
            line, rest = rest + line, ""
            if len(line) >= LONGEST and not line.endswith("\n"):
                line, rest = _cut_between_words(line)
            yield line
    except UnicodeDecodeError as error:
        raise DocumentNotText(
            f"s3://{document.bucket}/{document.key} is not UTF-8 text ({error.reason}, byte 0x"
            f"{error.object[error.start]:02x})."
            " Convert it, or set the module's variable `workload` to one that reads it."
        ) from None
    if rest:
        yield rest


def _cut_between_words(line: str) -> tuple[str, str]:
    # One letter at a time: a match that may go on would read the rest of the word again from each.
    end, least = len(line), len(line) - _LONGEST_WORD
    while end > least and _WORD.match(line, end - 1, end):
        end -= 1
    return (line[:end], line[end:]) if end > least else (line, "")


def _obey(chunk: bytes, directive: str, rest: str) -> None:
    match directive:
        case "sleep":
            time.sleep(float(rest))
        case "fail":
            raise RuntimeError("this paragraph says !fail")
        case "reject":
            raise ChunkRejected("this paragraph says !reject")
        case "crash":
            _crash()
        case "once" if _attempt(chunk) == 1:
            raise RuntimeError("this paragraph says !once, and this is its first attempt")


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _attempt(chunk: bytes) -> int:
    """Count the chunk's attempts where all processors see it: each may run in another environment."""
    if not isinstance(chunk, Chunk):
        raise TypeError("!once needs a chunk that knows its job and number: sfn_callback.contract.Chunk")
    item = dynamodb.connect().update(f"{chunk.job}#demo#{chunk.number}", add={"attempts": 1})
    return dynamodb.number(item, "attempts") or 0
