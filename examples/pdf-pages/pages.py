"""A PDF's text, of all pages at once: each page is a chunk, and the texts are put together with an index.

``split``    one-page PDFs
``process``  the page's text and how many words it has: JSON
``merge``    a UTF-8 text with a mark before each page, and ``index.json`` beside it: where each page's text begins
"""

import gc
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import damage
import open_pdf
from one_page import one_page
from open_pdf import NotAPdf, PdfBroken, PdfEmpty, PdfEncrypted
from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError

from sfn_callback import Chunk, ChunkRejected, Content, Document, LargeChunk, Merged, NewChunk, Results

__all__ = ["NotAPdf", "PdfBroken", "PdfEmpty", "PdfEncrypted", "merge", "process", "split"]

KEPT_BYTES = 8 * 1024 * 1024
KEPT_OBJECTS = 10_000
"""What pypdf may remember of pages that are done, before it must forget them: what they share is then read again."""
_PDF, _TEXT, _JSON = "application/pdf", "text/plain; charset=utf-8", "application/json"


def split(document: Document) -> Iterator[NewChunk]:
    """Yield each page as a PDF of its own; a broken one as a chunk that is rejected, so that it can be tolerated.

    Raises:
        NotAPdf, PdfBroken, PdfEmpty, PdfEncrypted: each says what to do about it.
    """
    source, reader = open_pdf.pdf(document)
    copied = 0
    # What is there by now stays: it need not be looked at each time that garbage is collected.
    gc.freeze()
    try:
        for number, page in enumerate(reader.pages, 1):
            body, why = _alone(page, document)
            source.check()
            yield _chunk(number, body, why)
            copied += len(body)
            if copied > KEPT_BYTES or len(reader.resolved_objects) > KEPT_OBJECTS:
                _forget(reader)
                copied = 0
    finally:
        gc.unfreeze()


def process(chunk: Chunk | LargeChunk) -> Content:
    """Read the page's text: ``{"page": 3, "words": 210, "text": "…"}``.

    Raises:
        ChunkRejected: the page is broken; trying again does not help.
    """
    number = chunk.fields["page"]
    if chunk.content_type != _PDF:
        with chunk.open() as reason:
            raise ChunkRejected(_broken(number, reason.read().decode()))
    try:
        with damage.raised():
            text = PdfReader(chunk.open()).pages[0].extract_text()
    except MemoryError:
        raise
    except Exception as problem:
        raise ChunkRejected(_broken(number, f"{type(problem).__name__}: {problem}")) from problem
    # A font may map to half a character, which UTF-8 has not.
    text = text.encode(errors="replace").decode()
    found = {"page": number, "words": len(text.split()), "text": text}
    return Content(json.dumps(found, ensure_ascii=False).encode(), _JSON)


def merge(results: Results) -> Merged:
    """Put the pages' texts together, each behind ``--- page 3 of 12 ---``, and their index beside them.

    The index is ``{"document", "pages", "missing", "words", "characters", "texts"}``: ``missing`` are the pages without
    a result, and ``texts`` has ``{"page", "offset", "bytes", "characters", "words"}`` for each of the others.
    """
    rows: list[dict[str, int]] = []
    return Merged(_texts(results, rows), _TEXT, {"index.json": Content(_index(results, rows), _JSON)})


def _alone(page: PageObject, document: Document) -> tuple[bytes, str]:
    """Return the page as a PDF; or no bytes, and why."""
    try:
        return one_page(page), ""
    except MemoryError:
        raise
    except DependencyError as problem:
        raise open_pdf.explained(document, problem) from problem
    except Exception as problem:
        # A broken PDF makes pypdf raise errors of any class.
        return b"", f"{type(problem).__name__}: {problem}"


def _chunk(number: int, body: bytes, why: str) -> NewChunk:
    """Return the page's chunk: a broken one is the text that says why."""
    given, kind = (why.encode(errors="replace"), _TEXT) if why else (body, _PDF)
    return NewChunk(given, kind, f"page {number}", {"page": number})


def _broken(number: int, why: str) -> str:
    return f"Page {number} is broken ({why}). Print or export the document again, or tolerate failed pages."


def _forget(reader: PdfReader) -> None:
    # An object that is not there is None, and is looked for in all of the file: once is enough.
    absent = {key: value for key, value in reader.resolved_objects.items() if value is None}
    reader.resolved_objects.clear()
    reader.resolved_objects.update(absent)
    # The PDFs that were written are circles of references.
    gc.collect()


def _texts(results: Results, rows: list[dict[str, int]]) -> Iterator[bytes]:
    offset = 0
    for number, found in _all_pages(results):
        mark = f"--- page {number} of {results.chunks}{'' if found else ' is missing'} ---\n".encode()
        text = found["text"].encode() if found else b""
        if found:
            row = {"page": number, "offset": offset + len(mark), "bytes": len(text)}
            rows.append({**row, "characters": len(found["text"]), "words": found["words"]})
        yield (piece := mark + text + b"\n")
        offset += len(piece)


def _all_pages(results: Results) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each page's number and what was found on it, which is empty where the page is missing."""
    following = 1
    for result in results:
        found = json.loads(result)
        yield from ((number, {}) for number in range(following, found["page"]))
        yield found["page"], found
        following = found["page"] + 1
    yield from ((number, {}) for number in range(following, results.chunks + 1))


def _index(results: Results, rows: list[dict[str, int]]) -> Iterator[bytes]:
    """Yield the index: asked for behind the last text, when ``rows`` is complete."""
    there = {row["page"] for row in rows}
    index = {
        "document": asdict(results.document) if results.document else None,
        "pages": results.chunks,
        "missing": [number for number in range(1, results.chunks + 1) if number not in there],
        "words": sum(row["words"] for row in rows),
        "characters": sum(row["characters"] for row in rows),
        "texts": rows,
    }
    yield json.dumps(index, ensure_ascii=False).encode()
