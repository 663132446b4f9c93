"""What docs/migrating.md tells users to paste, done."""

import json
import re
from typing import Any

import pytest

from sfn_callback import WorkFailed
from sfn_callback.approvals import request
from tests.module.roots import MIGRATING
from tests.readme import ROOT, block


@pytest.mark.parametrize(("machine", "state"), [("pages", "Count"), ("orders", "Ask")])
def test_a_machine_is_planned_as_the_page_writes_it(plans: dict[str, Any], machine: str, state: str) -> None:
    changes = plans[machine]["resource_changes"]
    (own,) = (one["change"]["after"] for one in changes if one["address"] == f"aws_sfn_state_machine.{machine}")
    waits = json.loads(own["definition"])["States"][state]
    assert waits["Resource"].endswith(":lambda:invoke.waitForTaskToken")
    assert waits["TimeoutSeconds"] > 0
    assert waits["End"]


def test_the_work_that_stays_is_done_or_fails_by_its_name() -> None:
    mine: dict[str, Any] = {}
    exec(block("python", "# count.py", MIGRATING), mine)
    assert mine["work"]({"scan": "a.pdf"}) == {"pages": 3}
    with pytest.raises(WorkFailed) as caught:
        mine["work"]({"scan": "a.txt"})
    assert caught.value.error == "NotAScan"


def test_the_webhooks_question_is_in_order() -> None:
    assert request.parse(json.loads(block("json", '"webhook"', MIGRATING))).takes_webhook


def test_every_input_and_output_that_the_page_names_is_there() -> None:
    """Of the right-hand column, what is written as code and is no field of a question or a command."""
    declared = "".join(path.read_text() for path in ROOT.glob("*.tf"))
    rows = re.findall(r"^\| .* \| (.*) \|$", MIGRATING, re.MULTILINE)
    named = {name.partition(".")[0].partition(" ")[0] for row in rows for name in re.findall(r"`([^`]+)`", row)}
    of_the_module = {name for name in named if re.fullmatch(r"[a-z]+(_[a-z]+)+", name)} - {"remind_seconds"}
    assert len(of_the_module) > 10
    assert {name for name in of_the_module if f'"{name}"' not in declared} == {"default_tags"}
