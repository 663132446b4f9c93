"""``make audit``: every root has a run of checkov of its own, and a finding in any of them fails."""

import json
import sys
from pathlib import Path

import pytest

from tools import audit

# It says what the root's file "said.json" has, as checkov would of the main.tf there and of the module's.
CHECKOV = """\
import json, sys
from pathlib import Path
root = Path(sys.argv[sys.argv.index("--directory") + 1])
skipped = [value for option, value in zip(sys.argv, sys.argv[1:]) if option == "--skip-path"]
with (root / "asked").open("a") as asked:
    print(*skipped, file=asked)
print((root / "said.json").read_text())
"""


def check(path: Path, suppressed: str = "") -> dict[str, object]:
    result = {"suppress_comment": suppressed}
    place = {"file_path": f"/{path.name}", "file_abs_path": str(path), "file_line_range": [7, 9]}
    return {
        **place,
        "resource": "aws_sqs_queue.this",
        "check_id": "CKV_1",
        "check_name": "Be safe",
        "check_result": result,
    }


def say(root: Path, *, failed: bool = False, suppressed: str = "the caller chooses this one") -> None:
    """The root has a queue; checkov says of it one passed check and one skipped, and perhaps one failed."""
    (root / "main.tf").write_text('resource "aws_sqs_queue" "this" {}\n')
    one = check(root / "main.tf")
    refused = [one] if failed else []
    results = {
        "passed_checks": [one],
        "failed_checks": refused,
        "skipped_checks": [check(root / "main.tf", suppressed)],
        "parsing_errors": [],
    }
    counted = {"passed": 1, "failed": len(refused), "skipped": 1, "parsing_errors": 0}
    (root / "said.json").write_text(json.dumps({"results": results, "summary": counted}))


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The module and two examples, in which checkov finds nothing."""
    found = [tmp_path, *(tmp_path / "examples" / name for name in ("queue", "topic"))]
    for root in found:
        root.mkdir(parents=True, exist_ok=True)
        say(root)
    (tmp_path / "bin").mkdir()
    # By a shell: a line that begins with #! takes no path with a space.
    (tmp_path / "checkov.py").write_text(CHECKOV)
    (tmp_path / "bin" / "checkov").write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{tmp_path}/checkov.py" "$@"\n')
    (tmp_path / "bin" / "checkov").chmod(0o755)
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    return found


def test_every_root_has_a_run_of_its_own_and_they_are_added_up(
    roots: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main() == 0
    assert [(root / "asked").read_text().split() for root in roots] == [["tests", "benchmarks", "examples"], [], []]
    assert capsys.readouterr().out == "checkov: 3 passed, 0 failed, 3 skipped for a reason\n"


@pytest.mark.parametrize("which", range(3))
def test_a_finding_in_any_root_fails_and_is_named(
    roots: list[Path], capsys: pytest.CaptureFixture[str], which: int
) -> None:
    say(roots[which], failed=True)
    assert audit.main() == 1
    path = (roots[which] / "main.tf").relative_to(roots[0])
    assert capsys.readouterr().err == f"{path}:7: aws_sqs_queue.this: CKV_1: Be safe\n"


@pytest.mark.parametrize("which", range(3))
def test_a_skip_without_a_reason_fails(roots: list[Path], which: int) -> None:
    say(roots[which], suppressed="No")
    assert audit.main() == 1


def test_a_file_that_no_run_looked_at_fails(roots: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    (roots[1] / "more.tf").write_text('resource "aws_sns_topic" "this" {}\n')
    assert audit.main() == 1
    assert capsys.readouterr().err == "examples/queue/more.tf: checkov did not check it\n"


def test_the_roots_are_the_module_and_all_its_examples() -> None:
    examples = {path.name for path in (audit.ROOT / "examples").iterdir() if (path / "main.tf").exists()}
    assert [path.name for path in audit.roots()[1:]] == sorted(examples)
    assert len(examples) > 1
