"""HCL, parsed: the blocks of a folder by their names, and the texts in them."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions

ROOT = Path(__file__).resolve().parent.parent
_PLAIN = SerializationOptions(
    with_comments=False, explicit_blocks=False, strip_string_quotes=True, preserve_heredocs=False
)
_LABELS = {"variable": 1, "output": 1, "module": 1, "check": 1, "resource": 2, "data": 2}


def blocks(kind: str, folder: Path = ROOT) -> dict[str, dict[str, Any]]:
    """Return the blocks of a kind: ``name``, or ``type.name`` where there are two labels; in the order of the files."""
    found = (block for path in sorted(folder.glob("*.tf")) for block in parsed(path).get(kind, []))
    return dict(_named(block, _LABELS[kind]) for block in found)


def names_of_locals(folder: Path = ROOT) -> list[str]:
    """Return the names of all locals."""
    found = (block for path in sorted(folder.glob("*.tf")) for block in parsed(path).get("locals", []))
    return [name for block in found for name in block]


@cache
def parsed(path: Path) -> dict[str, Any]:
    """Return a file's blocks; an expression is a text, in ``${…}`` where it is not a plain one."""
    content: dict[str, Any] = hcl2.loads(path.read_text(), serialization_options=_PLAIN)
    return content


def texts(value: Any, *but: str) -> Iterator[str]:
    """Yield every text within a value, but for what is under those names."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from () if name in but else texts(inner, *but)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, *but)
    elif isinstance(value, str):
        yield value


def sentence(expression: str) -> str:
    """Return a text that is written as it is, or in parts that ``join(" ", […])`` makes one of."""
    parts = re.fullmatch(r'\$\{join\(" ", \[(.*)\]\)\}', expression, re.DOTALL)
    return " ".join(json.loads(f"[{parts[1].rstrip(' ,')}]")) if parts else expression


def _named(block: dict[str, Any], labels: int) -> tuple[str, dict[str, Any]]:
    names = []
    for _ in range(labels):
        ((name, block),) = block.items()
        names.append(name)
    return ".".join(names), block
