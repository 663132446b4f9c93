"""docs/cli.md: what the command's own help says, and nothing that has been true once."""

import re
from pathlib import Path

import pytest

from sfn_callback_operator import cli
from tests.readme import ROOT
from tools import cli_docs

PAGE = (ROOT / "docs" / "cli.md").read_text()


def test_the_page_is_what_the_help_says() -> None:
    assert cli_docs.rendered() == PAGE, "run make docs"


@pytest.mark.parametrize("width", ["40", "300"])
def test_no_terminal_and_no_environment_changes_it(monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    told = {"COLUMNS": width, "FORCE_COLOR": "1", "SFN_CALLBACK_NAME": "docs", "AWS_REGION": "x", "LANG": "de_DE.UTF-8"}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert cli_docs.rendered() == PAGE


def test_each_command_has_a_section_with_an_example_and_its_own_options_only() -> None:
    sections = dict(re.findall(r"^## ([a-z]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
    assert list(sections) == [command.name for command in cli.app.registered_commands]
    for name, section in sections.items():
        assert f"```sh\nsfn-callback {name}" in section
        assert f"```text\nUsage: sfn-callback {name} [OPTIONS]" in section
        assert "--region" not in section
    assert PAGE.count("  --region") == PAGE.count("\n7  still running") == PAGE.count("  -h, --help") == 1


def test_what_is_typed_is_called_by_what_it_is_and_a_default_is_told() -> None:
    for metavar in (" [document]", " [chunk]", " {workflow}"):
        assert metavar not in PAGE
    assert re.findall(r"^ +-.* <(?:str|int|int range)>", PAGE, re.MULTILINE) == []
    _, of_redrive = re.split("^## redrive", PAGE, flags=re.MULTILINE)
    assert "approval" not in of_redrive.partition("\n## ")[0]
    assert "[default: (20, or all" in PAGE
    assert "[default: (NAME.html)]" in PAGE


def test_code_fits_a_terminal_and_no_markup_of_the_help_is_left() -> None:
    code = "".join(re.findall(r"```[a-z]+\n(.*?)```", PAGE, re.DOTALL))
    # An example has a prompt of two columns in the help, and a margin at each side.
    assert max(map(len, code.splitlines())) <= 80
    assert max(len(line) for line in code.splitlines() if line.startswith("sfn-callback")) <= 76
    assert "[dim]" not in PAGE


def test_a_page_of_another_day_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "cli.md"
    monkeypatch.setattr(cli_docs, "PAGE", page)
    monkeypatch.setattr("sys.argv", ["cli_docs", "--check"])
    assert cli_docs.main() == 1
    page.write_text(PAGE.replace("--region", "--area"))
    assert cli_docs.main() == 1
    assert "run make docs" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["cli_docs"])
    assert cli_docs.main() == 0
    assert page.read_text() == PAGE
    monkeypatch.setattr("sys.argv", ["cli_docs", "--check"])
    assert cli_docs.main() == 0
