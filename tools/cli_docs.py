"""``make docs``: writes docs/cli.md, the reference of the operator's command, from the command's own help.

With ``--check`` it says whether that is up to date.
"""

import re
import sys
import textwrap
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import typer
from rich.text import Text
from typer.core import TyperGroup

from sfn_callback_operator import cli
from sfn_callback_operator.commands.options import PANEL
from tools.hcl import ROOT

PAGE = ROOT / "docs" / "cli.md"
_COLUMNS, _PROSE = 80, 120
_OPTION = re.compile("(?<!`)--[a-z][a-z-]*")
_HEAD = "<!-- `make docs` writes this page from the command's help. -->\n\n# The command sfn-callback\n"
_EVERYWHERE = (
    "Write them before or after the command; those after it take precedence. Both override the environment variables.\n"
)


def main() -> int:
    """Write the page, or check it."""
    page = rendered()
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(page)
    elif not PAGE.exists() or PAGE.read_text() != page:
        print("docs/cli.md is out of date: run make docs", file=sys.stderr)
        return 1
    return 0


def rendered() -> str:
    """Return the page: the same one, whatever the terminal and the environment are."""
    app = typer.main.get_command(cli.app)
    if not isinstance(app, TyperGroup):
        raise TypeError("sfn-callback has no commands")
    context = _context(app, "sfn-callback")
    common = [param for param in app.params if _is_common(param)]
    title, _, codes = _plain(app.epilog).partition("\n\n")
    parts = [
        _HEAD,
        _prose(app.help),
        "".join(f"- [`{name}`](#{name}): {one.get_short_help_str(1_000)}\n" for name, one in app.commands.items()),
        f"## {PANEL}\n",
        _EVERYWHERE,
        _block("text", _records("Options", [*common, app.get_help_option(context)], context)),
        f"## {title}\n",
        _block("text", codes),
        *(_section(name, command, context) for name, command in app.commands.items()),
    ]
    return "\n".join(parts)


def _section(name: str, command: Any, parent: typer.Context) -> str:
    context = _context(command, name, parent)
    own = [param for param in command.params if not _is_common(param)]
    usage = [command.get_usage(context)]
    usage += [
        _records(title, [param for param in own if param.param_type_name == kind], context)
        for title, kind in (("Arguments", "argument"), ("Options", "option"))
    ]
    takes = _block("text", "\n\n".join(filter(None, usage)))
    return f"## {name}\n\n{_prose(command.help)}\n{takes}"


def _context(command: Any, name: str, parent: typer.Context | None = None) -> typer.Context:
    return typer.Context(
        command, parent, name, terminal_width=_COLUMNS, max_content_width=_COLUMNS, **command.context_settings
    )


def _is_common(param: Any) -> bool:
    return getattr(param, "rich_help_panel", None) == PANEL


def _records(title: str, params: Iterable[Any], context: typer.Context) -> str:
    records = [record for param in params if (record := param.get_help_record(context))]
    formatter = context.make_formatter()
    if records:
        with formatter.section(title):
            formatter.write_dl(records)
    return formatter.getvalue().strip("\n")


def _prose(text: str | None) -> str:
    """Return a help's paragraphs, and its examples, one below the other, as what a shell takes."""
    paragraphs = _plain(text).split("\n\n")
    return "\n".join(
        _block("sh", "\n".join(one.removeprefix("$ ") for one in group)) if examples else "\n".join(map(_filled, group))
        for examples, group in groupby(paragraphs, lambda paragraph: paragraph.startswith("$ "))
    )


def _filled(paragraph: str) -> str:
    return textwrap.fill(_OPTION.sub(r"`\g<0>`", paragraph), _PROSE, break_on_hyphens=False) + "\n"


def _plain(text: str | None) -> str:
    return Text.from_markup(text or "").plain.strip("\n")


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```\n"


if __name__ == "__main__":
    sys.exit(main())
