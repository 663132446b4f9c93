"""What is counted is what the package says."""

import re

import pytest

from tests.module.machines import ROOT

METRICS = (ROOT / "metrics.tf").read_text()
PACKAGE = "".join(path.read_text() for path in (ROOT / "lambda_src" / "sfn_callback").glob("*.py"))
ROWS = re.findall(r'^    (\w+) += \{ handlers = .*?messages = \[(.*?)\], value = "(.*?)"', METRICS, re.MULTILINE)


@pytest.mark.parametrize(("metric", "messages", "value"), ROWS)
def test_a_metric_counts_lines_that_the_package_logs_with_the_field_that_it_adds(
    metric: str, messages: str, value: str
) -> None:
    for message in re.findall(r'"([^"]+)"', messages):
        logged = re.search(rf'log\.(?:info|warning|error)\(\s*"{message}"(.*)', PACKAGE)
        assert logged, message
        assert value == "1" or f"{value.removeprefix('$.')}=" in logged[1]


def test_every_metric_is_tested_here() -> None:
    assert len(ROWS) == METRICS.count("{ handlers = [") + METRICS.count("{ handlers = keys")
    assert {"ChunksDone", "SecondsWaited", "VerdictsNotDelivered"} <= {metric for metric, _, _ in ROWS}
