"""What is counted is what the package says."""

import re

import pytest

from sfn_callback.log_events import LogEvent
from tests.module.machines import ROOT

METRICS = (ROOT / "metrics.tf").read_text()
ROWS = re.findall(r'^      (\w+) += \{ handlers = .*?events = \[(.*?)\], value = "(.*?)"', METRICS, re.MULTILINE)


@pytest.mark.parametrize(("metric", "events", "value"), ROWS)
def test_a_metric_counts_events_that_there_are_with_the_field_that_it_adds(
    metric: str, events: str, value: str
) -> None:
    counted = [LogEvent[event.upper()] for event in re.findall(r'"([^"]+)"', events)]
    assert counted
    assert value == "1" or all(value.removeprefix("$.") in event.fields.split() for event in counted)


def test_every_metric_is_tested_here() -> None:
    assert len(ROWS) == METRICS.count("{ handlers = [") + METRICS.count("{ handlers = keys")
    assert {"ChunksDone", "SecondsWaited", "VerdictsNotDelivered"} <= {metric for metric, _, _ in ROWS}


def test_filters_are_nowhere_else_and_read_no_sentence() -> None:
    read = {path.name: re.findall(r"\$\.\w+ =", path.read_text()) for path in ROOT.glob("*.tf")}
    assert {name: found for name, found in read.items() if found} == {"metrics.tf": ["$.event ="]}
