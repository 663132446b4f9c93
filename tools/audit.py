"""``make audit``: checkov over the module and every example, with no check failed and no skip without its reason."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_AT_ONCE = 2
"""Runs of checkov: each has a processor to itself."""
_NOT_THE_MODULE = ("tests", "benchmarks", "examples")
_REASON_WORDS = 4
_UNKNOWN = {
    "aws_cloudwatch_dashboard",
    "aws_cloudwatch_event_rule",
    "aws_cloudwatch_event_target",
    "aws_cloudwatch_log_metric_filter",
}
"""What checkov has no check for."""
_COUNTED = ("passed", "failed", "skipped")


def main() -> int:
    """Run checkov for every root; print what is wrong, and how much was looked at; return 0 when nothing is wrong."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        reports = list(pool.map(_checkov, roots()))
    problems = list(dict.fromkeys(_problems([report["results"] for report in reports])))
    for problem in problems:
        print(problem, file=sys.stderr)
    counted = sum((Counter({name: report["summary"][name] for name in _COUNTED}) for report in reports), Counter())
    print(f"checkov: {counted['passed']} passed, {counted['failed']} failed, {counted['skipped']} skipped for a reason")
    return 1 if problems else 0


def roots() -> list[Path]:
    """Return the module's folder, and those of all examples."""
    return [ROOT, *sorted({path.parent for path in ROOT.glob("examples/*/*.tf")})]


def _checkov(root: Path) -> Any:
    # In one run, callers that name their module alike hide each other's results.
    skipped = [option for path in _NOT_THE_MODULE if root == ROOT for option in ("--skip-path", path)]
    command = [str(Path(sys.executable).with_name("checkov")), "--output", "json", "--directory", str(root), *skipped]
    output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False).stdout
    return json.loads(output)


def _problems(reports: list[Any]) -> Iterator[str]:
    for results in reports:
        yield from _refused(results)
    checked = (check for results in reports for check in results["passed_checks"] + results["skipped_checks"])
    seen = {_path(check) for check in checked}
    yield from (f"{path}: checkov did not check it" for path in sorted(_to_see() - seen))


def _refused(results: Any) -> Iterator[str]:
    yield from (f"{_named(check)}: {check['check_name']}" for check in results["failed_checks"])
    yield from (f"{path}: checkov does not understand it" for path in results["parsing_errors"])
    for check in results["skipped_checks"]:
        if len(check["check_result"]["suppress_comment"].split()) < _REASON_WORDS:
            yield f"{_named(check)}: it is skipped without a reason"


def _named(check: Any) -> str:
    return f"{_path(check)}:{check['file_line_range'][0]}: {check['resource']}: {check['check_id']}"


def _path(check: Any) -> str:
    return Path(check["file_abs_path"]).resolve().relative_to(ROOT).as_posix()


def _to_see() -> set[str]:
    files = [*ROOT.glob("*.tf"), *ROOT.glob("modules/*/*.tf"), *ROOT.glob("examples/*/*.tf")]
    return {path.relative_to(ROOT).as_posix() for path in files if _types(path.read_text()) - _UNKNOWN}


def _types(text: str) -> set[str]:
    return set(re.findall(r'^resource "(\w+)"', text, re.MULTILINE))


if __name__ == "__main__":
    sys.exit(main())
