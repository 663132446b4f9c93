"""The pages: their links lead somewhere, they are found from the README, short, and show what there is."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from sfn_callback_operator import cli
from tests.readme import README, ROOT, blocks

DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *DOCS, *sorted((ROOT / "examples").glob("*/README.md"))]
EACH = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
REFERENCES = {"cli.md", "performance.md"}
"""Pages that are written by a program, and as long as what they list."""


def prose(page: Path) -> str:
    """The text of a page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[str]:
    """What a page links to or shows, of this repository."""
    return re.findall(r"\]\(((?!https?://)[^)]+)\)", prose(page))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    made = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
    before = Counter[str]()
    for number, anchor in enumerate(made):
        made[number] = f"{anchor}-{before[anchor]}" if before[anchor] else anchor
        before[anchor] += 1
    return set(made)


def leads(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    to = page.parent / path if path else page
    return to.exists() and (not anchor or anchor in anchors(to))


@EACH
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    assert [link for link in links(page) if not leads(page, link)] == []


def test_a_link_to_what_is_not_there_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Twice, `and` so\n\n```sh\n# no heading\n```\n\n## Once\n\n## Once\n")
    found = ["#twice-and-so", "#once", "#once-1", "page.md", "page.md#once"]
    assert [link for link in (*found, "#no-heading", "#once-2", "other.md", "page.md#x") if not leads(page, link)] == [
        "#no-heading",
        "#once-2",
        "other.md",
        "page.md#x",
    ]


def test_every_page_and_every_example_is_found_from_the_readme() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links(ROOT / "README.md")}
    wanted = [*DOCS, *(path.parent for path in (ROOT / "examples").glob("*/README.md"))]
    assert [str(path.relative_to(ROOT)) for path in wanted if path not in linked] == []
    assert linked >= {ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "SECURITY.md")}


def test_the_readme_has_at_most_200_lines_before_what_is_folded() -> None:
    before, folded, _ = README.partition("<details>")
    assert folded
    assert len(before.splitlines()) <= 200


@pytest.mark.parametrize(
    "page", [path for path in DOCS if path.name not in REFERENCES], ids=lambda page: str(page.stem)
)
def test_a_page_has_at_most_300_lines(page: Path) -> None:
    assert len(page.read_text().splitlines()) <= 300


@EACH
def test_every_target_that_is_named_is_in_the_makefile(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    # As code: "make sure" is a phrase.
    text = "\n".join([*re.findall(r"`([^`\n]+)`", prose(page)), *blocks("sh", page.read_text())])
    assert set(re.findall(r"^(?:\w+=\S+ )*make ([a-z-]+)", text, re.MULTILINE)) <= targets


def commands(page: Path) -> Iterator[str]:
    """What a page says to type of the operator's command, in blocks and within sentences."""
    text = page.read_text()
    code = re.findall(r"`([^`\n]+)`", prose(page))
    for line in "\n".join([*blocks("sh", text), *blocks("console", text), *code]).splitlines():
        for found in re.findall(r"(?:^|[$(|] ?|xargs -n1 )sfn-callback ((?!of\b)[^|)#]+)", line.strip()):
            yield found.strip()


@EACH
def test_every_command_that_is_shown_has_that_name_and_those_options(page: Path) -> None:
    assert [typed for typed in commands(page) if not is_there(typed)] == []


@pytest.mark.parametrize(
    ("typed", "there"),
    [
        ("jobs --status FAILED --names", True),
        ("start report.txt --wait -o x.txt", True),
        ("-n docs jobs --output=json", True),
        ("--help", True),
        ("mend JOB", False),
        ("jobs --wait", False),
    ],
)
def test_a_command_that_is_not_there_is_found(typed: str, there: bool) -> None:
    assert is_there(typed) is there


@cache
def command() -> TyperGroup:
    """The operator's command, which takes a while to make."""
    group = typer.main.get_command(cli.app)
    assert isinstance(group, TyperGroup)
    return group


def is_there(typed: str) -> bool:
    """Whether the command has that subcommand, and that one these options."""
    group = command()
    words = re.sub(r"'[^']*'|\"[^\"]*\"", "TEXT", typed).split()
    names = [word for word in words if word in group.commands]
    options = {word.partition("=")[0] for word in words if re.match("--?[a-z]", word)}
    everywhere = {*flags(group), "--help", "-h"}
    if not names:
        return options > set() and options <= everywhere
    return options <= everywhere | flags(group.commands[names[0]])


def flags(command: Any) -> set[str]:
    return {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)}


def test_every_block_of_python_and_hcl_is_tried_by_a_test() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    for language in ("python", "hcl"):
        tried = {ast.literal_eval(name) for name in re.findall(rf"block\(\"{language}\", (\"[^\"]+\"|'[^']+')", tests)}
        tried |= {":stateMachine:pages", ":stateMachine:orders"}
        assert len(tried) > 5
        assert [one for one in blocks(language) if not any(name in one for name in tried)] == []
