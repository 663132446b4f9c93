"""What Fail states may meet, and what they tell of it: evaluated by a JSONata that is not AWS's.

SendTaskFailure needs neither an error nor a cause, and what a Catch is then given has nulls:
https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html, tests/recorded (A4, C12, C13).
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import jsonata  # type: ignore[import-untyped]

State = dict[str, Any]
NAMES = (None, "", "MyError", "an error", "States.Timeout", "States.", "States.States.X")
CAUSES = (None, "", "why", "w" * 32768)
MOST = 32768
"""How many characters a cause has at most: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html"""


def caught() -> Iterator[State]:
    """What a Catch gives, and less: every combination of missing, null, empty and text."""
    for name, cause in product((..., *NAMES), (..., *CAUSES)):
        yield {key: value for key, value in (("Error", name), ("Cause", cause)) if value is not ...}


def fails(machine: State) -> dict[str, State]:
    """The Fail states of a machine, by name."""
    return {name: state for name, state in machine["States"].items() if state["Type"] == "Fail"}


def ending(state: State, given: object) -> tuple[object, object]:
    """The error and the cause that a Fail state gives; ``None`` where it gives none."""
    return _value(state, "Error", given), _value(state, "Cause", given)


def _value(state: State, field: str, given: object) -> object:
    text = state.get(field)
    if not text or not text.startswith("{%"):
        return text
    expression = jsonata.Jsonata.jsonata(text.removeprefix("{%").removesuffix("%}"))
    return expression.evaluate(None, {"states": {"input": given}})
