"""``make audit``: checkov over the module and every example, with no check failed and no skip without its reason."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_REASON_WORDS = 4
_UNKNOWN = {
    "aws_cloudwatch_dashboard",
    "aws_cloudwatch_event_rule",
    "aws_cloudwatch_event_target",
    "aws_cloudwatch_log_metric_filter",
}
"""What checkov has no check for."""


def main() -> int:
    """Run checkov; print what is wrong, and how much was looked at; return 0 when nothing is wrong."""
    found = _checkov()
    problems = list(dict.fromkeys(_problems(found["results"])))
    for problem in problems:
        print(problem, file=sys.stderr)
    counted = found["summary"]
    print(f"checkov: {counted['passed']} passed, {counted['failed']} failed, {counted['skipped']} skipped for a reason")
    return 1 if problems else 0


def _checkov() -> Any:
    command = [str(Path(sys.executable).with_name("checkov")), "--output", "json"]
    said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False).stdout
    return json.loads(said)


def _problems(results: Any) -> Iterator[str]:
    yield from (f"{_named(check)}: {check['check_name']}" for check in results["failed_checks"])
    yield from (f"{path}: checkov does not understand it" for path in results["parsing_errors"])
    for check in results["skipped_checks"]:
        if len(check["check_result"]["suppress_comment"].split()) < _REASON_WORDS:
            yield f"{_named(check)}: it is skipped without a reason"
    seen = {check["file_path"].lstrip("/") for check in results["passed_checks"] + results["skipped_checks"]}
    yield from (f"{path}: checkov did not look at it" for path in sorted(_to_see() - seen))


def _named(check: Any) -> str:
    return f"{check['file_path'].lstrip('/')}:{check['file_line_range'][0]}: {check['resource']}: {check['check_id']}"


def _to_see() -> set[str]:
    files = [*ROOT.glob("*.tf"), *ROOT.glob("modules/*/*.tf"), *ROOT.glob("examples/*/*.tf")]
    return {path.relative_to(ROOT).as_posix() for path in files if _types(path.read_text()) - _UNKNOWN}


def _types(text: str) -> set[str]:
    return set(re.findall(r'^resource "(\w+)"', text, re.MULTILINE))


if __name__ == "__main__":
    sys.exit(main())
