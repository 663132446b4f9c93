"""Log events are an interface: each is said somewhere, by its code, and described."""

import re

import pytest

from proof.chaos import instance
from sfn_callback.log_events import LogEvent
from tests.readme import ROOT

PACKAGE = ROOT / "lambda_src" / "sfn_callback"
SOURCES = {path.relative_to(PACKAGE): path.read_text() for path in PACKAGE.rglob("*.py")}
PAGE = (ROOT / "docs" / "log-events.md").read_text()
EVERY = pytest.mark.parametrize("event", LogEvent, ids=str)


@EVERY
def test_an_event_is_called_by_its_code_and_says_a_sentence(event: LogEvent) -> None:
    assert event == event.name.lower()
    assert re.fullmatch(r"[A-Z].+\w\.", event.sentence)


@EVERY
def test_an_event_is_logged_somewhere(event: LogEvent) -> None:
    assert any(f"LogEvent.{event.name}" in re.findall(r"LogEvent\.\w+", text) for text in SOURCES.values())


def test_no_line_is_logged_past_the_events() -> None:
    said = {str(path) for path, text in SOURCES.items() if re.search(r"_logger\.|\bprint\(", text)}
    assert said == {"log.py"}
    assert SOURCES[next(path for path in SOURCES if path.name == "log.py")].count("_logger.log(") == 1


def test_every_field_is_described() -> None:
    told = re.findall(r"^\| (.*?) \|", PAGE.partition("## Fields")[2], re.MULTILINE)
    described = {name for row in told for name in re.findall(r"`(\w+)`", row)}
    assert described == {name.rstrip("?") for event in LogEvent for name in event.fields.split()} | {"cut"}


def test_the_page_has_every_event_once_under_what_it_is_about() -> None:
    about = re.split(r"^### (.+)$", PAGE.partition("## Fields")[0], flags=re.MULTILINE)
    told = dict(
        zip(about[1::2], (re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) for part in about[2::2]), strict=True)
    )
    assert [code for codes in told.values() for code in codes] == [event.value for event in LogEvent]
    assert told["The sweeper"][0] == LogEvent.SWEEP_DONE
    assert told["A task"][-1] == "task_signal_not_delivered"


def test_the_chaos_runs_look_for_an_event_that_there_is() -> None:
    assert instance.ATTEMPT_FAILED == LogEvent.ATTEMPT_FAILED
