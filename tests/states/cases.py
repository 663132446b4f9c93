"""What is asked of each state, and what its definition says becomes of it: nothing of that is written down again here.

An entry of a ``Catch`` or ``Retry`` is taken to apply to each error that it names. Whether the engine sees that so, is
what is asked. How states are tested, and what is in a request:
https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.module.failures import MOST, State, ending, fails
from tests.module.machines import FRAGMENTS, MACHINES

FOREIGN = "NamedNowhere"
FAILURES: tuple[State, ...] = (
    {},
    {"Error": None, "Cause": None},
    {"Error": None, "Cause": "why"},
    {"Error": "MyError", "Cause": None},
    {"Error": "", "Cause": ""},
    {"Error": "States.Timeout", "Cause": "w" * MOST},
)
"""What a Fail state may be given: SendTaskFailure needs neither (``tests/module/failures.py``)."""

_PATH = re.compile(r"(?<!\$)\$((?:\.\w+)+)")
_RESULT = re.compile(r"\$states\.result((?:\.\w+)+)")
_FAILURE = re.compile(r"\$states\.input((?:\.\w+)*?)\.(?:Error|Cause)\b")
# A value that a rule takes, and one that it does not: https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
_BESIDE = {"NumericLessThan": lambda bound: (bound - 1, bound)}
_CONTEXT = {
    "Execution": {"Id": "arn:aws:states:eu-central-1:123456789012:execution:docs:job", "Name": "job"},
    "State": {"EnteredTime": "2026-01-31T23:59:59.000Z"},
}
# What, the input, what is expected of the answer, and more parameters.
_Asked = Iterator[tuple[str, State, State, State]]


@dataclass(frozen=True)
class Case:
    """One question about a state: what it is given, and the fields that the answer is expected to have."""

    machine: str
    definition: State
    state: str
    what: str
    given: Any
    expected: State
    mocked: State = field(default_factory=dict)

    def request(self) -> State:
        """Return the parameters of TestState: with no role, for only a task without a mock needs one.

        Recorded of AWS: https://github.com/localstack/localstack/pull/13459, and there what a context may have
        (``tests/aws/services/stepfunctions/v2/test_state/test_state_context_object.snapshot.json``).
        """
        base = {"definition": json.dumps(self.definition), "stateName": self.state, "input": json.dumps(self.given)}
        # Only with DEBUG does the answer say which Catch or Retry it was.
        base["inspectionLevel"] = "DEBUG"
        if not self.mocked:
            return base
        # A token is refused in the context of a task that does not wait, and a context where nothing is mocked.
        waits = re.search(r"\.sync|\.waitForTaskToken", self.definition["States"][self.state].get("Resource", ""))
        context = _CONTEXT | ({"Task": {"Token": "token"}} if waits else {})
        return base | self.mocked | {"context": json.dumps(context)}

    def follows(self) -> str | None:
        """Return the Fail state to which a Catch leads, to be asked next."""
        target = self.expected.get("nextState")
        return target if "catchIndex" in self.expected and target in fails(self.definition) else None

    def following(self, output: Any) -> "Case":
        """Return the case of that Fail state, with what the engine made of the error."""
        name = str(self.follows())
        expected = _ended(self.definition["States"][name], output)
        return Case(self.machine, self.definition, name, f"after {self.what}", output, expected)


def every() -> Iterator[Case]:
    """Yield the cases of all rendered machines, and of the states for machines of the callers' own."""
    for name, machine in MACHINES.items():
        yield from of(name, machine)
    for name, kinds in FRAGMENTS.items():
        for kind, state in kinds.items():
            yield from of(f"{name}, {kind}", {"StartAt": "Wait", "States": {"Wait": {**state, "End": True}}})


def of(machine: str, definition: State) -> Iterator[Case]:
    """Yield the cases of one machine, and of what its Map runs for each item, which is a machine itself."""
    kinds = {"Task": _works, "Map": _works, "Choice": _chooses, "Fail": _fails}
    for name, state in definition["States"].items():
        given = _earlier(definition) | _given(state)
        yield from (
            Case(machine, definition, name, *asked) for asked in kinds.get(state["Type"], _passes)(state, given)
        )
        if state["Type"] == "Map":
            yield from of(machine, {field: state["ItemProcessor"][field] for field in ("StartAt", "States")})


def _earlier(definition: State) -> State:
    """Return what Fail states read, as if there had been a failure before: some tell the first of two."""
    before: State = {}
    for fail in fails(definition).values():
        before |= _nested(fail, {"Error": "Earlier", "Cause": "before"})
    return before


def _passes(state: State, given: State) -> _Asked:
    yield "is passed", given, _succeeded(state.get("Next")), {}


def _succeeded(target: str | None) -> State:
    return {"status": "SUCCEEDED", "nextState": target}


def _chooses(state: State, _given: State) -> _Asked:
    for number, rule in enumerate(state["Choices"]):
        ((kind, bound),) = ((name, rule[name]) for name in rule if name not in ("Variable", "Next"))
        inside, outside = (_sample(_PATH, rule["Variable"], value) for value in _BESIDE[kind](bound))
        yield f"rule {number}", inside, _succeeded(rule["Next"]), {}
        yield f"not rule {number}", outside, _succeeded(state["Default"]), {}


def _fails(state: State, _given: State) -> _Asked:
    for failure in FAILURES if _FAILURE.search(json.dumps(state)) else [{}]:
        given = _nested(state, failure)
        yield f"given {json.dumps(given)[:60]}", given, _ended(state, given), {}


def _ended(state: State, given: Any) -> State:
    error, cause = ending(state, given)
    return {"status": "FAILED", "nextState": None, "error": error, "cause": cause}


def _nested(fail: State, failure: State) -> State:
    """Return a failure where the Fail state looks for it."""
    read = _FAILURE.search(json.dumps(fail))
    for name in reversed(read[1].split(".")[1:] if read else []):
        failure = {name: failure}
    return failure


def _works(state: State, given: State) -> _Asked:
    yield "success", given, _succeeded(state.get("Next")), {"mock": _result(state)}
    for what, expected, mocked in (*_caught(state), *_retried(state)):
        yield what, given, expected, mocked


def _caught(state: State) -> Iterator[tuple[str, State, State]]:
    for number, catcher in enumerate(state.get("Catch", [])):
        for error in _errors(state, catcher):
            yield f"Catch {number}: {error}", _goes(state, error, number), _given_up(state, error)
            without = {"mock": {"errorOutput": {"error": error}}}
        yield f"Catch {number}: {error}, no cause", _goes(state, error, number), _given_up(state, error) | without
    if not state.get("Catch"):
        for error in (FOREIGN, "States.Timeout"):
            yield f"nobody catches {error}", _goes(state, error, None), _given_up(state, error)


def _errors(state: State, catcher: State) -> list[str]:
    """Return what a Catch names; of States.ALL, what there is for it besides."""
    if "States.ALL" not in catcher["ErrorEquals"]:
        return list(catcher["ErrorEquals"])
    may = {"States.Timeout": "TimeoutSeconds" in state, "States.HeartbeatTimeout": "HeartbeatSeconds" in state}
    may["States.ExceedToleratedFailureThreshold"] = state["Type"] == "Map"
    named = {name for other in state["Catch"] for name in other["ErrorEquals"]}
    return [*(error for error, does in may.items() if does and error not in named), FOREIGN]


def _retried(state: State) -> Iterator[tuple[str, State, State]]:
    for number, retrier in enumerate(state.get("Retry", [])):
        first, last, most = retrier["ErrorEquals"][0], retrier["ErrorEquals"][-1], retrier["MaxAttempts"]
        for error, done in dict.fromkeys(((first, 0), (last, max(0, most - 1)))):
            expected = {"status": "RETRIABLE", "retryIndex": number, "error": error}
            yield f"Retry {number}: {error}, {done} of {most}", expected, _mocked(state, error, done)
        catches = [first in one["ErrorEquals"] or "States.ALL" in one["ErrorEquals"] for one in state.get("Catch", [])]
        catcher = catches.index(True) if any(catches) else None
        yield f"Retry {number}: {first}, {most} of {most}", _goes(state, first, catcher), _given_up(state, first)


def _goes(state: State, error: str, catcher: int | None) -> State:
    if catcher is None:
        return {"status": "FAILED", "nextState": None, "error": error}
    target = state["Catch"][catcher]["Next"]
    return {"status": "CAUGHT_ERROR", "nextState": target, "error": error, "catchIndex": catcher}


def _given_up(state: State, error: str) -> State:
    # Given up is what has been retried MaxAttempts times: tests/unit_test.py of
    # https://github.com/aws-samples/sample-stepfunctions-testing-with-testStateAPI
    # Whether States.Timeout means a missed heartbeat as well, AWS says both ways: tests/module/test_waits.py.
    names = {error, "States.Timeout"} if error == "States.HeartbeatTimeout" else {error}
    most = [one["MaxAttempts"] for one in state.get("Retry", []) if names & set(one["ErrorEquals"])]
    return _mocked(state, error, max(most, default=None))


def _mocked(state: State, error: str, done: int | None) -> State:
    configuration: State = {} if done is None else {"retrierRetryCount": done}
    if state["Type"] == "Map" and not error.startswith("States."):
        configuration["errorCausedByState"] = state["ItemProcessor"]["StartAt"]
    mock = {"errorOutput": {"error": error, "cause": "why"}}
    return {"mock": mock} | ({"stateConfiguration": configuration} if configuration else {})


def _result(state: State) -> State:
    if state["Type"] == "Map":
        return {"result": "[{}]"}
    read = state.get("ResultSelector", None if "ResultPath" in state else state.get("OutputPath"))
    result = _sample(_PATH, read) | _sample(_RESULT, state.get("Output"))
    # Else it is held against what Lambda or Step Functions answer, in which a payload or an output is still text:
    # https://github.com/boto/boto3/issues/4683
    return {"result": json.dumps(result), "fieldValidationMode": "NONE"}


def _given(state: State) -> State:
    items = _sample(_PATH, state.get("ItemsPath"), [[0, 1, 2]])
    return _sample(_PATH, [state.get("Parameters"), state.get("ItemSelector")]) | items


def _sample(pattern: re.Pattern[str], read: Any, value: Any = "text") -> State:
    """Return an object that has all that is read of it."""
    sample: State = {}
    # The longer of two paths first.
    for path in sorted(pattern.findall(json.dumps(read)), reverse=True):
        *names, last = path.split(".")[1:]
        place = sample
        for name in names:
            place = place.setdefault(name, {})
        place.setdefault(last, value)
    return sample
