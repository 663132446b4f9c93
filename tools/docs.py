"""``make docs``: writes the README's tables of inputs and outputs, from the module's HCL.

With ``--check`` it says whether they are up to date.
"""

import json
import re
import sys
from collections.abc import Iterable
from typing import Any

from tools import hcl

README = hcl.ROOT / "README.md"


def main() -> int:
    """Write the tables, or check them."""
    before = README.read_text()
    after = rendered(before)
    if sys.argv[1:] == ["--check"]:
        if before != after:
            print("README.md has not the inputs and outputs that the module has: run make docs", file=sys.stderr)
        return int(before != after)
    README.write_text(after)
    return 0


def rendered(text: str) -> str:
    """Return a text with its tables as the module's HCL has them, between ``<!-- inputs -->`` and its end."""
    for name, table in {"inputs": _inputs(), "outputs": _outputs()}.items():
        marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        text, count = marked.subn(lambda found, table=table: found[1] + table + found[2], text)  # type: ignore[misc]
        if count != 1:
            raise SystemExit(f"README.md has no place for the {name}: <!-- {name} --> … <!-- end of {name} -->")
    return text


def _inputs() -> str:
    rows = (
        (f"`{name}`", _cell(block["description"]), _code(_type(block["type"])), _default(block))
        for name, block in hcl.blocks("variable").items()
    )
    return _table(("input", "what it is", "type", "default"), rows)


def _outputs() -> str:
    rows = ((f"`{name}`", _cell(block["description"])) for name, block in hcl.blocks("output").items())
    return _table(("output", "what it is"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _type(expression: str) -> str:
    return expression.removeprefix("${").removesuffix("}") if expression.startswith("${") else expression


def _default(block: dict[str, Any]) -> str:
    return _code(json.dumps(block["default"])) if "default" in block else "*required*"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("$${", "${")


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


if __name__ == "__main__":
    sys.exit(main())
