"""Chunks that are finished elsewhere, in front of the command line: handed on, heard of, and reported."""

from typing import Any

import pytest

from sfn_callback import settings
from sfn_callback.handlers import report
from tests.conftest import set_variables
from tests.functional import handing_workload
from tests.functional.conftest import TOKEN
from tests.operator.conftest import TEXT, Desk, make_function

HEARTBEAT_SECONDS = 600
AGAIN = "another token"


class Handing:
    """The desk's deployment, with a workload that hands its chunks on, and whoever they are handed to."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.desk = desk
        told = {"WORKLOAD": "tests.functional.handing_workload", "PENDING_HEARTBEAT_SECONDS": HEARTBEAT_SECONDS}
        set_variables(monkeypatch, **told)
        self.apply({f"SFN_CALLBACK_{name}": str(value) for name, value in told.items()})
        handing_workload.handed.clear()
        make_function(desk.functions, "report", {})

    def apply(self, told: dict[str, str]) -> None:
        """Apply a module that tells functions something else."""
        environment = {**self.desk.environment("process"), **told}
        self.desk.functions.update_function_configuration(
            FunctionName="docs-process", Environment={"Variables": environment}
        )

    def without_reports(self) -> None:
        """Apply a module whose ``pending`` is off."""
        self.apply({"SFN_CALLBACK_PENDING_HEARTBEAT_SECONDS": ""})

    def job(self, body: bytes = TEXT) -> str:
        """A job whose chunks have all been handed on."""
        job = self.desk.job(body)
        self.desk.deployment.deliver_all()
        return job

    def next_round(self) -> None:
        """The wait times out, the machine redrives what has no result, and waits again."""
        given = {"bucket": "b", "key": "documents/d.txt"}
        self.desk.machine.time_out(TOKEN)
        again = self.desk.deployment.redrive()
        self.desk.machine.enter(self.desk.arn, "AwaitChunks", {**given, "split": {"job": again}})
        self.desk.deployment.await_chunks(AGAIN, self.desk.arn)

    def say(self, chunk: int, **said: Any) -> str:
        """Whoever the chunk was handed to last reports that; return what they are answered."""
        return self.say_first(chunk, -1, **said)

    def say_first(self, chunk: int, number: int = 0, **said: Any) -> str:
        """The same, of whoever it was handed to first."""
        settings.current.cache_clear()
        answer = report.handler({"token": handing_workload.handed[chunk][number], **said}, None)
        assert answer
        return str(answer["report"])

    def hear(self, *chunks: int) -> None:
        """Heartbeats come."""
        for chunk in chunks:
            assert self.say(chunk, heartbeat=True) == "heard"

    def times(self) -> dict[int, int]:
        """How often each chunk was handed on."""
        return {chunk: len(tokens) for chunk, tokens in sorted(handing_workload.handed.items())}


def forget(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """So much time passes that whoever was heard of is silent."""
    import time

    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + HEARTBEAT_SECONDS + 1)
