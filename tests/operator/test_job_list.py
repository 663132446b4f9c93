"""``jobs`` as one looks at it at night: what is left out and beyond, again and again, and for programs."""

import json
import sys
from datetime import timedelta
from typing import Any

import pytest

from sfn_callback_operator.errors import OperatorError
from sfn_callback_operator.jobs import ended_jobs, spans
from testing.environment import BUCKET, MACHINE
from tests.operator.conftest import Desk, text

WRAPPED = json.dumps({"errorMessage": "no digit", "errorType": "ValueError", "stackTrace": ["a.py"]})


def failed(desk: Desk, name: str, error: str = "Gone", cause: str = "no") -> str:
    arn = desk.machine.begin(MACHINE, name, {})
    desk.machine.end(arn, "FAILED", error=error, cause=cause)
    return arn


def test_a_cause_is_unwrapped_wherever_it_is_shown(desk: Desk, tmp_path: Any) -> None:
    arn = failed(desk, "bad", "States.TaskFailed", WRAPPED)
    (row,) = desk.json("jobs", "--status", "FAILED")
    assert (row["waits_for"], row["error"], row["cause"]) == (
        "States.TaskFailed: no digit", "States.TaskFailed", "no digit"
    )  # fmt: skip
    shown, watched = desk.json("show", arn), desk.json("watch", arn)
    assert (shown["cause"], watched["cause"], watched["error"]) == ("no digit", "no digit", "States.TaskFailed")
    drawn = desk.json("timeline", arn)
    assert drawn["error"] == "States.TaskFailed: no digit"
    for ran in (desk.run("jobs", "--all"), desk.run("show", arn), desk.run("watch", arn)):
        assert "no digit" in ran.out
        assert "errorMessage" not in ran.out


def test_a_merge_that_fails_says_why_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job = desk.failed_job(text("one", "!fail"))
    desk.deploy_fix()
    monkeypatch.setattr("sfn_callback.handlers.merge.handler", lambda *_: json.loads("{")["x"])
    ran = desk.run("redrive", job)
    assert ran.code == 1
    assert "Not merged: JSONDecodeError: " in ran.err


def test_numbers_are_numbers_and_output_is_json_for_programs(desk: Desk) -> None:
    job = desk.job(text("one", "two"))
    assert desk.json("show", job)["seconds"] >= 0
    output = desk.finish(desk.arn)
    (row,) = desk.json("jobs", "--status", "SUCCEEDED")
    assert (row["output"], row["round"], row["chunks"], row["done"], row["failed"]) == (output, 0, 2, 2, 0)
    assert row["seconds"] >= 0
    assert row["ended"].endswith("Z")
    shown, watched = desk.json("show", job), desk.json("watch", job)
    assert shown["output"] == watched["output"] == output
    assert isinstance(shown["seconds"], float)
    assert isinstance(watched["seconds"], float)
    assert "took" not in shown
    assert "took" in desk.run("show", job).out


def test_a_long_cause_is_whole_for_programs(desk: Desk) -> None:
    arn = failed(desk, "bad", cause="x" * 5_000)
    assert desk.json("show", arn)["cause"] == "x" * 5_000
    assert desk.run("show", arn).out.rstrip().endswith("…")


@pytest.mark.parametrize("width", [40, 80])
def test_show_cuts_nothing_however_narrow_the_terminal_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    import re

    reason = "this paragraph says !fail, " + "and says so in many words, " * 8 + "until it ends"
    monkeypatch.setattr("sfn_callback.demo.process", lambda _: (_ for _ in ()).throw(ValueError(reason)))
    job = desk.failed_job(text("one", "two"))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(width))
    said = re.sub(r"\s", "", desk.run("show", job).out)
    told = desk.json("show", job)
    for part in (told["cause"], told["execution"], told["failed"][0]["reason"], told["report"], job):
        assert re.sub(r"\s", "", part)[:900] in said


def test_since_leaves_out_what_began_before(desk: Desk) -> None:
    desk.job(name="old")
    desk.machine.earlier(desk.arn, 7_200)
    desk.job(name="young", token="t2")
    began = desk.machine.now - timedelta(hours=1)
    for since in ("90m", "1h", began.isoformat(), f"{began:%Y-%m-%dT%H:%M}"):
        (row,) = desk.json("jobs", "--since", since)
        assert row["execution"].endswith("young")
    assert len(desk.json("jobs", "--since", "1d12h")) == 2
    assert desk.run("jobs", "--since", "90m", "--names").out == "young\n"
    assert len(desk.json("jobs", "--older-than", "3600")) == 1


@pytest.mark.parametrize("text_", ["", "yesterday", "5", "1y", "2026-13-01", "9" * 9 + "w", "²m"])
def test_a_span_that_is_none_is_said(text_: str) -> None:
    with pytest.raises(OperatorError, match="--since"):
        spans.since(text_)


def test_error_lists_what_has_ended_with_it(desk: Desk) -> None:
    for number in range(30):
        failed(desk, f"bad-{number}", "Gone" if number % 3 else "States.Timeout")
    desk.machine.end(desk.machine.begin(MACHINE, "fine", {}), "SUCCEEDED", output="{}")
    rows = desk.json("jobs", "--error", "States.Timeout")
    assert {row["error"] for row in rows} == {"States.Timeout"}
    assert len(rows) == 10
    names = desk.run("jobs", "--error", "Gone", "--names")
    assert len(names.out.split()) == 20
    assert desk.run("jobs", "--error", "Gone", "--status", "RUNNING").code == 2
    assert desk.run("jobs", "--workflow", "nothing").code == 2


def test_error_says_what_it_has_not_looked_at(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ended_jobs, "LOOKED_AT", 20)
    for number in range(50):
        failed(desk, f"bad-{number}")
    ran = desk.run("jobs", "--error", "Other")
    assert "30 more have ended, but were not checked: --all" in " ".join(ran.err.split())
    assert "not checked" not in desk.run("jobs", "--error", "Other", "--all").err


@pytest.mark.parametrize("status", ["RUNNING", "FAILED"])
def test_names_that_are_cut_are_said_to_be(desk: Desk, status: str) -> None:
    for number in range(5):
        if status == "FAILED":
            failed(desk, f"bad-{number}")
        else:
            desk.machine.begin(MACHINE, f"open-{number}", {})
    ran = desk.run("jobs", "--status", status, "--names", "--limit", "2")
    assert len(ran.out.split()) == 2
    assert "beyond these" in ran.err
    assert desk.run("jobs", "--status", status, "--names").err == ""


def interrupted_after(monkeypatch: pytest.MonkeyPatch, looks: int) -> None:
    left = iter(range(looks - 1))

    def sleep(seconds: float) -> None:
        assert seconds == 5
        if next(left, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)


def test_watch_lists_again_until_it_is_interrupted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job = desk.job()
    interrupted_after(monkeypatch, 3)
    ran = desk.run("jobs", "--watch")
    assert (ran.code, ran.out.count(job), ran.out.count("docs at 20")) == (130, 3, 3)
    assert "\x1b" not in ran.out


def test_watch_tells_programs_a_line_at_a_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job = desk.job()
    interrupted_after(monkeypatch, 2)
    ran = desk.run("jobs", "--watch", "--output", "json")
    assert [row["job"] for line in ran.out.splitlines() for row in json.loads(line)] == [job, job]


def test_watch_begins_the_screen_anew_on_a_terminal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted_after(monkeypatch, 2)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert desk.run("jobs", "--watch").out.count("\x1b[2J") == 2


def test_names_are_not_watched(desk: Desk) -> None:
    assert desk.run("jobs", "--watch", "--names").code == 2


def test_made_good_stays_what_it_was(desk: Desk) -> None:
    desk.failed_job(text("one", "!fail"))
    (row,) = desk.json("jobs", "--all")
    assert (row["made_good"], row["chunks"], row["done"]) == (None, 2, None)
    assert BUCKET not in row["waits_for"]
