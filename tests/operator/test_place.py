"""An error says where it came from: who looks after ten deployments in three accounts has to know."""

import os
import pty
import re
import subprocess
import sys
from typing import Any

import pytest

from sfn_callback_operator import aws, cli
from tests.operator.conftest import Desk
from tests.operator.forked import PATH


def refuse(desk: Desk, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    from testing.task_tokens import refusal

    def raising(**_: Any) -> None:
        raise refusal("ListExecutions", code)

    monkeypatch.setattr(desk.machine, "list_executions", raising)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "ValidationException"])
def test_a_refusal_names_deployment_account_and_region(desk: Desk, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    refuse(desk, monkeypatch, code)
    assert desk.run("jobs").err.splitlines()[-1] == "Where: docs, account 000000000000, region eu-central-1."


def test_what_is_not_found_says_where_it_was_looked_for(desk: Desk) -> None:
    desk.job()
    ran = desk.run("show", "20260131T235959Z-0123456789ab")
    assert (ran.code, ran.err.splitlines()[-1]) == (3, "Where: docs, account 000000000000, region eu-central-1.")


def test_a_mistake_in_the_command_line_does_not(desk: Desk) -> None:
    assert "Where" not in desk.run("start", "s3://").err


def test_as_much_as_is_known_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    assert cli.main(["--name", "docs", "--profile", "nosuch", "jobs"]) == 4
    assert capsys.readouterr().err.splitlines()[-1] in ("Where: docs, profile nosuch.", "Where: docs.")
    os.environ.pop("AWS_PROFILE", None)
    aws.reset()


def test_what_is_said_while_something_turns_has_a_line_of_its_own() -> None:
    program = (
        "import time; from sfn_callback_operator.output import screen\n"
        "with screen.working('Looking'):\n time.sleep(0.3); screen.say('AWS throttles it.'); time.sleep(0.3)"
    )
    leading, following = pty.openpty()
    given = {**os.environ, "PYTHONPATH": PATH, "TERM": "xterm"}
    subprocess.run([sys.executable, "-c", program], env=given, stderr=following, check=True)
    os.close(following)
    shown = os.read(leading, 100_000).decode()
    os.close(leading)
    assert "AWS throttles it." in [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in re.split("[\r\n]+", shown)]
