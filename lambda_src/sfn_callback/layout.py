"""The S3 layout: the keys in the bucket, below the prefix of the settings. Nothing else builds or parses keys.

==================================  ===========================================================
``documents/<path>``                what is split; uploading one there starts an execution
``durable/<path>``                  what a durable function has split; uploading one starts nothing
``chunks/<job>/<index>``            one chunk; its creation invokes the processor
``results/<job>/<index>``           what ``process`` made of it
``parts/<parent>/<number>``         what ``combine`` made of a part's; ``<parent>`` is the document's job
``merged/<path>/<job>``             what ``merge`` made of the results
``merged/<path>/<job>.<name>``      what it returned beside that
``failures/<path>/<name>.json``     what failed, where the execution of that name did not succeed
``outputs/<id>``                    JSON: the output of a task that is too large for Step Functions
==================================  ===========================================================

An index and a number have 8 digits, so that keys sort as numbers do. ``<path>`` is the document's, and shortened where
a key would be longer than S3 takes.
"""

import hashlib
import re

from sfn_callback import ids, settings

DOCUMENTS = "documents/"
"""Where documents are, below the prefix."""
DURABLE = "durable/"
"""Where documents are that a durable function has split, below the prefix."""
CHUNKS = "chunks/"
"""Where chunks are, below the prefix."""

_MAX_KEY = 1_024
"""Bytes. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""
_JOB_BYTES = 29 + 65
"""A job's id, and what ``beside`` puts behind it."""
_EXECUTION_BYTES = 85
"""An execution's name of 80 characters at the most, and ``.json``."""
_CHUNK = re.compile("([^/.]+)/([0-9]{8})")


def below(path: str) -> str:
    """Return the key, or what keys begin with, of a path below the bucket's prefix."""
    return f"{settings.current().prefix}{path}"


def documents() -> str:
    """Return what the keys of documents begin with."""
    return below(DOCUMENTS)


def merged(document: str, job: str) -> str:
    """Return the key of a document's merged result."""
    return f"{merged_folder(document)}{job}"


def merged_folder(document: str) -> str:
    """Return what is before the job in the keys of a document's merged results."""
    return _folder("merged", document, _JOB_BYTES)


def beside(key: str, name: str) -> str:
    """Return the key of what ``merge`` gave beside a merged object."""
    return f"{key}.{name}"


def failure(document: str, execution: str) -> str:
    """Return the key of the report of an execution that did not succeed; ``document`` may be empty."""
    return f"{_folder('failures', document, _EXECUTION_BYTES)}{execution}.json"


def chunk(job: str, index: int) -> str:
    """Return a chunk's key."""
    return numbered(chunks(job), index)


def chunks(job: str) -> str:
    """Return what the keys of a job's chunks begin with."""
    return below(f"{CHUNKS}{job}/")


def parse_chunk(key: str) -> tuple[str, int] | None:
    """Return job and index of a chunk's key, ``None`` when it is not one of ours."""
    folder = below(CHUNKS)
    match = _CHUNK.fullmatch(key, len(folder)) if key.startswith(folder) else None
    return (match[1], int(match[2])) if match and ids.is_fanin(match[1]) else None


def results(job: str) -> str:
    """Return what the keys of a job's results begin with."""
    return below(f"results/{job}/")


def result(job: str, index: int) -> str:
    """Return the key of a chunk's result."""
    return numbered(results(job), index)


def parts(parent: str) -> str:
    """Return what the keys of a document's combined parts begin with."""
    return below(f"parts/{parent}/")


def numbered(folder: str, number: int) -> str:
    """Return the key of a result among those of :func:`results`, or of a part among :func:`parts`."""
    return f"{folder}{number:08d}"


def output(name: str) -> str:
    """Return the key of a task's output."""
    return below(f"outputs/{name}")


def _folder(kind: str, document: str, rest: int) -> str:
    """Return a folder of the document's, behind which there is room for ``rest`` bytes."""
    path, folder = _path(document).encode(errors="replace"), below(f"{kind}/")
    room = _MAX_KEY - len(f"{folder}/") - rest
    if len(path) > room:
        mark = f"~{hashlib.sha256(path).hexdigest()[:16]}".encode()
        path = path[: room - len(mark)].decode(errors="ignore").encode() + mark
    return f"{folder}{path.decode()}/" if path else folder


def _path(document: str) -> str:
    """Return a document's key without its own folder; of one that lies elsewhere, the whole."""
    own = next(filter(document.startswith, map(below, (DOCUMENTS, DURABLE))), "")
    return document.removeprefix(own)
