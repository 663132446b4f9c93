"""Orders, a JSON object on each line: every order is checked by a schema, and the sums of all chunks are added."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

import fastjsonschema

from sfn_callback import ChunkRejected

ORDERS_IN_A_CHUNK = 100
SCHEMA = {
    "type": "object",
    "required": ["customer", "cents"],
    "properties": {"customer": {"type": "string"}, "cents": {"type": "integer", "minimum": 0}},
}
check = fastjsonschema.compile(SCHEMA)


def split(document: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the document's lines, so many at a time."""
    lines = iter(document)
    while chunk := b"".join(islice(lines, ORDERS_IN_A_CHUNK)):
        yield chunk


def process(chunk: bytes) -> bytes:
    """Add what each customer has ordered."""
    sums: Counter[str] = Counter()
    for line in chunk.splitlines():
        try:
            order = check(json.loads(line))
        except (ValueError, fastjsonschema.JsonSchemaValueException) as problem:
            raise ChunkRejected(str(problem)) from None
        sums[order["customer"]] += order["cents"]
    return json.dumps(sums).encode()


def merge(results: Iterable[bytes]) -> bytes:
    """Add the sums of all chunks."""
    sums: Counter[str] = Counter()
    for result in results:
        sums.update(json.loads(result))
    return json.dumps(dict(sorted(sums.items()))).encode()
