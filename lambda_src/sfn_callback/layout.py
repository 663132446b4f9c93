"""The S3 layout: what lies where in the bucket.

==================================  ===========================================================
``documents/<path>``                what is split; dropping one there starts an execution
``chunks/<job>/<index>``            one chunk; its creation invokes the processor
``results/<job>/<index>``           what ``process`` made of it
``merged/<path>/<job>``             what ``merge`` made of the results
``merged/<path>/<job>.<name>``      what it gave beside that
``failures/<path>/<name>.json``     what failed, where the execution of that name did not succeed
``outputs/<id>``                    JSON: the output of a task that is too large for Step Functions
==================================  ===========================================================

An index has 8 digits, so that keys sort as numbers do. ``<path>`` is the document's, and shortened where a key would be
longer than S3 takes.
"""

import hashlib

DOCUMENTS = "documents/"

_MAX_KEY = 1_024
"""Bytes. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""
_JOB_BYTES = 29 + 65
"""A job's id, and what ``beside`` puts behind it."""
_EXECUTION_BYTES = 85
"""An execution's name of 80 characters at the most, and ``.json``."""


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
    return f"chunks/{job}/{index:08d}"


def results(job: str) -> str:
    """Return what the keys of a job's results begin with."""
    return f"results/{job}/"


def result(job: str, index: int) -> str:
    """Return the key of a chunk's result."""
    return f"{results(job)}{index:08d}"


def _folder(kind: str, document: str, rest: int) -> str:
    """Return a folder of the document's, behind which there is room for ``rest`` bytes."""
    path = document.removeprefix(DOCUMENTS).encode(errors="replace")
    room = _MAX_KEY - len(f"{kind}//") - rest
    if len(path) > room:
        mark = f"~{hashlib.sha256(path).hexdigest()[:16]}".encode()
        path = path[: room - len(mark)].decode(errors="ignore").encode() + mark
    return f"{kind}/{path.decode()}/" if path else f"{kind}/"
