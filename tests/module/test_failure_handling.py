"""The failure table of docs/failure-handling.md: its tests are there, and its figures are the module's defaults."""

import re

from tests.module.machines import ROOT

SECTION = (ROOT / "docs" / "failure-handling.md").read_text().partition("\n## What breaks")[2].partition("\n## ")[0]
ROWS = [line.strip("| ").split(" | ") for line in SECTION.splitlines() if line.startswith("| ")]
VARIABLES, HANDLERS = (ROOT / "variables.tf").read_text(), (ROOT / "lambda.tf").read_text()


def names_of_tests() -> set[str]:
    """All of them, those of Terraform included, without ``test_``."""
    python = (re.findall(r"def test_(\w+)", path.read_text()) for path in (ROOT / "tests").rglob("test_*.py"))
    terraform = (re.findall(r'^run "(\w+)"', path.read_text(), re.MULTILINE) for path in (ROOT / "tests").glob("*.hcl"))
    return {name for names in (*python, *terraform) for name in names}


def test_every_row_of_the_failure_table_has_its_tests() -> None:
    rows = [row for row in ROWS if row[0] != "what breaks"]
    begin = {prefix for row in rows for prefix in re.findall(r"`(\w+)`", row[-1])}
    there = names_of_tests()
    assert len(rows) > 40
    assert [prefix for prefix in begin if not any(name.startswith(prefix) for name in there)] == []
    assert [row[0] for row in rows if row[-1] == "–"] == ["the event of a dropped document never comes"]


def test_the_failure_table_counts_with_the_defaults() -> None:
    said = dict(re.findall(r"`(\w+\.\w+)` ([\d,]+)", SECTION))
    assert set(said) == {
        "wait.round_seconds", "wait.max_rounds", "wait.job_seconds", "task.timeout_seconds", "approval.timeout_seconds",
        "parts.job_seconds",
    }  # fmt: skip
    assert {setting: int(value.replace(",", "")) for setting, value in said.items()} == {
        setting: default(*setting.split(".")) for setting in said
    }


def default(variable: str, name: str) -> int:
    """The default of an attribute of a variable."""
    declared = VARIABLES.partition(f'variable "{variable}" {{')[2].partition('\nvariable "')[0]
    return int(re.findall(rf"{name}\s+= optional\(number, (\d+)\)", declared)[0])


def test_the_failure_table_counts_with_the_functions_timeouts() -> None:
    (usual,) = re.findall(r"merge\(\{ memory = \d+, timeout = (\d+)", HANDLERS)
    written = re.findall(r"^      (\w+) += \{[^}]*?workflows =([^}]*)\}", HANDLERS, re.MULTILINE)
    rows = {name: (re.findall(r"timeout = (\d+)", row) or [usual])[0] for name, row in written}
    told = " ".join(SECTION.split()).partition("timeouts: ")[2].partition(". ")[0]
    said = {
        handler: seconds
        for names, seconds in re.findall(r"((?:`\S+`(?:,| and)? )+)(\d+)", told)
        for name in re.findall(r"`…?(\w+)`", names)
        for handler in ([name] if name in rows else [row for row in rows if row.endswith(name)])
    }
    assert len(said) == 13
    assert {handler: rows[handler] for handler in said} == said
