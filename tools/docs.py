"""``make docs``: writes tables from what they are about: the module's HCL, and the log events of its functions.

With ``--check`` it says whether they are up to date.
"""

import json
import re
import runpy
import sys
from collections.abc import Iterable
from logging import getLevelName
from typing import Any

from tools import hcl

PAGES = {hcl.ROOT / "README.md": ("inputs", "outputs"), hcl.ROOT / "docs" / "log-events.md": ("events",)}
"""The tables that each page has."""
_EVENT = ("event", "level", "message", "fields")
_MEMBER = re.compile("^    ([A-Z0-9_]+) = ", re.MULTILINE)


def main() -> int:
    """Write the tables, or check them."""
    stale = {}
    for page, names in PAGES.items():
        before = page.read_text()
        if (after := rendered(before, *names)) != before:
            stale[page] = after
    if sys.argv[1:] == ["--check"]:
        for page in stale:
            print(f"The tables of {page.relative_to(hcl.ROOT)} are out of date: run make docs", file=sys.stderr)
        return int(bool(stale))
    for page, after in stale.items():
        page.write_text(after)
    return 0


def rendered(text: str, *names: str) -> str:
    """Return a text with its tables as they are to be, such as between ``<!-- inputs -->`` and its end."""
    for name in names:
        table = _TABLES[name]()
        marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        text, count = marked.subn(lambda found, table=table: found[1] + table + found[2], text)  # type: ignore[misc]
        if count != 1:
            raise SystemExit(f"The markers for the {name} are missing: <!-- {name} --> … <!-- end of {name} -->")
    return text


def _inputs() -> str:
    rows = (
        (f"`{name}`", _prose(block), _code(_type(block["type"])), _default(block))
        for name, block in hcl.blocks("variable").items()
    )
    return _table(("input", "what it is", "type", "default"), rows)


def _outputs() -> str:
    rows = ((f"`{name}`", _prose(block)) for name, block in hcl.blocks("output").items())
    return _table(("output", "what it is"), rows)


def _events() -> str:
    # As a file, so that whoever runs this needs no path to the package.
    source = hcl.ROOT / "lambda_src" / "sfn_callback" / "log_events.py"
    events = runpy.run_path(str(source))["LogEvent"]
    # The comments among the members say what the events below them are about.
    _, *groups = re.split(r"^    # (.+)\.$", source.read_text(), flags=re.MULTILINE)
    return "\n".join(
        f"### {about}\n\n{_table(_EVENT, map(_event, (events[name] for name in _MEMBER.findall(members))))}"
        for about, members in zip(groups[::2], groups[1::2], strict=True)
    )


def _event(event: Any) -> tuple[str, ...]:
    return _code(event), getLevelName(event.level), event.sentence, ", ".join(map(_code, event.fields.split()))


_TABLES = {"inputs": _inputs, "outputs": _outputs, "events": _events}


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _type(expression: str) -> str:
    return expression.removeprefix("${").removesuffix("}") if expression.startswith("${") else expression


def _default(block: dict[str, Any]) -> str:
    return _code(json.dumps(block["default"])) if "default" in block else "*required*"


def _prose(block: dict[str, Any]) -> str:
    # A heredoc's lines are one sentence after the other, and its quotes come escaped.
    return _cell(" ".join(block["description"].split()).replace('\\"', '"'))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("$${", "${")


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


if __name__ == "__main__":
    sys.exit(main())
