"""The runbook is run: each line of each block, the loop over 120 jobs too; and each alarm has a section there."""

import re
import shlex
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from string import Template

import boto3
import pytest

from sfn_callback.aws import clients
from sfn_callback_operator.jobs.poll_timer import PollTimer
from testing.environment import BUCKET, MACHINE
from tests.operator import test_undelivered
from tests.operator.conftest import Desk, text
from tests.operator.test_subscribe import Sns
from tests.operator.test_undelivered import Queues
from tests.readme import ROOT, block

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
ALARMS_TF = (ROOT / "alarms.tf").read_text()
TFTEST = (ROOT / "tests" / "observability.tftest.hcl").read_text()
SECTIONS = re.findall(r"^## (.*)$", RUNBOOK, re.MULTILINE)
ALARMS = (
    "undelivered", "…-dead", "starts", "not-started", "…-destination", "…-errors", "…-failed", "…-timed-out",
    "…-throttled", "overdue", "oldest-open-job", "verdicts",
)  # fmt: skip
queues = test_undelivered.queues


def lines() -> Iterator[tuple[str, str]]:
    """Each command of each block, with its section."""
    for section in re.split(r"^## ", RUNBOOK, flags=re.MULTILINE):
        for code in re.findall(r"```sh\n(.*?)```", section, re.DOTALL):
            for line in code.splitlines():
                if line.startswith("sfn-callback "):
                    yield section.partition("\n")[0], line


class Plight:
    """What the sections are about, made anew for each line."""

    def __init__(self, desk: Desk, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
        self._desk, self._queues, self._monkeypatch = desk, queues, monkeypatch
        self._sns = Sns()

    def names(self, section: str, line: str) -> dict[str, str]:
        """Return what stands for the names that a line has in it."""
        makers = {"JOB": self._job, "EXECUTION": self._execution, "MARK": self._mark, "MESSAGE": self._message}
        makers |= {"LINK": self._link, "EMAIL": self._subscribers}
        return {name: makers[name](section, line) for name in {*re.findall(r"\$([A-Z]+)", line)}}

    def _job(self, section: str, line: str) -> str:
        if section != "Chunks fail":
            job = self._desk.job()
            self._desk.deployment.deliver(self._desk.deployment.chunk_events()[0])
            return job
        job = self._desk.failed_job(text("one", "!fail"))
        if "redrive" in line:
            self._desk.deploy_fix()
        return job

    def _execution(self, _section: str, line: str) -> str:
        if "approve" in line:
            self._desk.approval()
            return "asks"
        self._desk.failed_job(text("one", "!fail"))
        return "run-1"

    def _mark(self, _section: str, _line: str) -> str:
        self._desk.approval()
        return self._desk.mark()

    def _message(self, _section: str, _line: str) -> str:
        return self._queues.put(test_undelivered.CHUNK_LOST)

    def _subscribers(self, _section: str, _line: str) -> str:
        self._monkeypatch.setattr(clients, "sns", lambda: self._sns)
        return "ana@example.com"

    def _link(self, _section: str, _line: str) -> str:
        self._subscribers("", "")
        self._desk.run("subscribe", "ana@example.com")
        return self._sns.mails[-1]


@pytest.fixture
def plight(desk: Desk, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> Plight:
    _goes_on(desk, monkeypatch)
    return Plight(desk, queues, monkeypatch)


def _goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody waits, what was resumed ends, and what was not is processed."""

    def pause(_patience: PollTimer, _otherwise: str) -> None:
        if not desk.machine.verdicts:
            desk.deployment.deliver_all()
        desk.machine.end(desk.arn, "SUCCEEDED", output="{}")

    monkeypatch.setattr(PollTimer, "pause", pause)


@pytest.mark.parametrize(("section", "line"), [*lines()])
def test_each_line_does_what_its_section_needs(
    desk: Desk, plight: Plight, section: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    boto3.client("logs").create_log_group(logGroupName="/aws/lambda/docs-process")
    (tmp_path / "page-2.txt").write_text("by hand")
    said = shlex.split(Template(line.replace('"', "'")).substitute(plight.names(section, line)), comments=True)
    ran = desk.run(*said[1:])
    # `doctor` finds what a deployment on moto has not.
    assert ran.code == (1 if said[1] == "doctor" else 0), ran.err


def test_the_loop_makes_120_failed_jobs_good_and_says_of_each_other_where_to_look(desk: Desk, tmp_path: Path) -> None:
    for number in range(119):
        desk.machine.end(desk.machine.begin(MACHINE, f"bad-{number}", {}), "FAILED", error="Gone")
    desk.failed_job(text("one", "!fail"))
    desk.deploy_fix()
    listed = desk.run("jobs", "--status", "FAILED", "--names")
    (tmp_path / "names").write_text(listed.out)
    command = tmp_path / "sfn-callback"
    # The shell loops; what it would run is run here.
    command.write_text(
        '#!/bin/sh\ncase "$1" in jobs) cat names;; redrive) echo "$2" >> redriven; test "$2" = run-1;; esac\n'
    )
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    script = block("sh", "for job in", RUNBOOK)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(
        ["sh", "-ec", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    redriven = (tmp_path / "redriven").read_text().split()
    assert len(set(redriven)) == len(redriven) == 120
    codes = {name: desk.run("redrive", name).code for name in redriven}
    assert codes.pop("run-1") == 0
    assert set(codes.values()) == {6}
    assert sorted(done.stdout.splitlines()) == sorted(f"{name}: see sfn-callback show {name}" for name in codes)
    (good,) = [row for row in desk.json("jobs", "--status", "FAILED", "--limit", "120") if row["made_good"]]
    assert good["made_good"].startswith(f"s3://{BUCKET}/merged/")


def test_every_alarm_leads_to_a_section_that_is_there() -> None:
    body = ALARMS_TF.partition("all_alarms = merge(")[2].partition("\n  )\n")[0]
    sections = re.findall(r'\n\s+runbook\s+= "(.*)"\n', body)
    # The sweeper's own sentence replaces another's.
    assert len(sections) == len(re.findall(r"\n\s+says\s+=", body)) - 1
    assert set(sections) <= set(SECTIONS)


@pytest.mark.parametrize("alarm", ALARMS)
def test_every_alarm_is_named_in_the_section_that_it_leads_to(alarm: str) -> None:
    key = alarm.removeprefix("…-")
    assert key in ALARMS_TF or key == "dead"
    assert re.search(rf"[Aa]larms? .{{0,60}}`{alarm}`", RUNBOOK, re.DOTALL)


def test_what_an_alarm_is_called_is_one_of_those() -> None:
    keys = re.search(r"keys\(aws_cloudwatch_metric_alarm.this\)\) == toset\(concat\((.*?)\)\)", TFTEST, re.DOTALL)
    assert keys
    for key in re.findall(r'"([a-z][a-z-]+)"', keys[1]):
        assert key in ALARMS or any(key.endswith(one.removeprefix("…")) for one in ALARMS if one.startswith("…"))
