"""The documents machine, as the module renders it, interpreted: as much of the States Language as it uses.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

import json
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

from proof.simulator.attempts import Ended, Event

_RENDERED = Path(__file__).resolve().parents[2] / "tests" / "golden" / "documents.asl.json"
TIMEOUT = "States.Timeout"
CLOSED = "TaskTimedOut"


@cache
def definition() -> dict[str, Any]:
    """Return the machine's definition, as the tests pin it."""
    states: dict[str, Any] = json.loads(_RENDERED.read_text())
    return states


class Execution:
    """An execution: where it is, what it carries, and how it ended.

    ``data`` is replaced, never changed, so that a copy is one of its own. ``waiter`` is the service that takes answers.
    """

    waiter = "states"
    arn = "arn:run"

    def __init__(self, given: dict[str, Any], rounds: int) -> None:
        self.name = "run"
        self._redrives = rounds - 1
        self.state: str = definition()["StartAt"]
        self.data: Any = given
        self.status = "RUNNING"
        self.error: str | None = None
        self.entered = 0
        self.token: str | None = None
        self._tries: tuple[int, ...] = ()

    def copy(self) -> "Execution":
        """Return an execution of its own that is in the same place."""
        return copy(self)

    def key(self) -> tuple[Any, ...]:
        """Return what tells this place from others."""
        return self.state, json.dumps(self.data, sort_keys=True), self.status, self.entered, self.token, self._tries

    @property
    def waits(self) -> bool:
        """Whether it waits for its token to be answered."""
        return self.status == "RUNNING" and self.token is not None

    def go_on(self) -> Event | None:
        """Enter states until one invokes a function; return that invocation, ``None`` when the execution has ended."""
        while self.status == "RUNNING":
            state = definition()["States"][self.state]
            if state["Type"] == "Task":
                return self._invoke(state)
            if state["Type"] == "Fail":
                # What its expression says of an error that has a name: tests/module/test_failures.py evaluates it.
                self._end("FAILED", str(self._find("$.failure.Error")).removeprefix("States."))
            else:
                self.state = self._chosen(state)
        return None

    def invoked(self, ended: Ended) -> Event | None:
        """Hear how the function ended; return as :meth:`go_on`."""
        if ended.error:
            return self.fail(ended.error, ended.message)
        return None if self.token else self.succeed({"Payload": json.loads(ended.value)})

    def refusal(self, token: str) -> str | None:
        """Return the error of an answer, or a heartbeat, that comes now; ``None`` where it is taken."""
        return None if token == self.token else CLOSED

    def answered(self, _token: str, call: str, *verdict: str) -> Event | None:
        """Hear a verdict that was taken; return as :meth:`go_on`."""
        return self.succeed(json.loads(verdict[0])) if call == "succeed" else self.fail(*verdict)

    def time_out(self) -> Event | None:
        """Let the wait time out; return as :meth:`go_on`."""
        return self.fail(TIMEOUT)

    def give_up(self) -> Event | None:
        """Give up an invocation, which goes on all the same; return as :meth:`go_on`."""
        return self.fail("Lambda.SdkClientException")

    def succeed(self, result: Any) -> Event | None:
        """Hear the state's result; return as :meth:`go_on`."""
        state = definition()["States"][self.state]
        selected = state.get("ResultSelector")
        if selected:
            result = {name.removesuffix(".$"): _at(path, result) for name, path in selected.items()}
        self._leave(_at(state["OutputPath"], result) if "OutputPath" in state else self._with(state, result))
        if state.get("End"):
            self._end("SUCCEEDED")
            return None
        self.state = state["Next"]
        return self.go_on()

    def fail(self, error: str, cause: str = "") -> Event | None:
        """Hear that the state failed: try it again, or take its branch; return as :meth:`go_on`."""
        state = definition()["States"][self.state]
        if self._retries(state, error):
            return self._invoke(state)
        for catcher in state["Catch"]:
            if _matches(catcher, error):
                self._leave(self._with(catcher, {"Error": error, "Cause": cause}))
                self.state = catcher["Next"]
                return self.go_on()
        self._end("FAILED", error)
        return None

    def _retries(self, state: dict[str, Any], error: str) -> bool:
        retriers = state.get("Retry", [])
        tries = list(self._tries or (0,) * len(retriers))
        for number, retrier in enumerate(retriers):
            if _matches(retrier, error):
                tries[number] += 1
                self._tries = tuple(tries)
                return bool(tries[number] <= retrier["MaxAttempts"])
        return False

    def _invoke(self, state: dict[str, Any]) -> Event:
        self.entered += 1
        self.token = self._wait_token() if state["Resource"].endswith(".waitForTaskToken") else None
        parameters = state["Parameters"]
        handler = parameters["FunctionName"].rpartition(":docs-")[2].partition(":")[0].replace("-", "_")
        text = json.dumps({name.removesuffix(".$"): self._find(path) for name, path in parameters["Payload"].items()})
        return Event(handler, text, attempt=1 + sum(self._tries), state=self.entered)

    def _invoke_again(self) -> Event:
        return self._invoke(definition()["States"][self.state])

    def _wait_token(self) -> str:
        return f"token-{self.entered}"

    def _find(self, path: str) -> Any:
        if path.startswith("$$."):
            execution = {"Name": self.name, "Id": self.arn}
            return _at(path[1:], {"Task": {"Token": self.token}, "Execution": execution})
        return _at(path, self.data)

    def _with(self, state: dict[str, Any], result: Any) -> Any:
        return {**self.data, state["ResultPath"].removeprefix("$."): result}

    def _leave(self, data: Any) -> None:
        self.data = data
        self.token = None
        self._tries = ()

    def _chosen(self, state: dict[str, Any]) -> str:
        for choice in state["Choices"]:
            if self._find(choice["Variable"]) < min(choice["NumericLessThan"], self._redrives):
                return str(choice["Next"])
        return str(state["Default"])

    def _end(self, status: str, error: str | None = None) -> None:
        self.status, self.error, self.token = status, error, None


def _at(path: str, data: Any) -> Any:
    for name in path.split(".")[1:]:
        data = data[name]
    return data


def _matches(rule: dict[str, Any], error: str) -> bool:
    return error in rule["ErrorEquals"] or "States.ALL" in rule["ErrorEquals"]
