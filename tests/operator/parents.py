"""Documents in parts in front of the command line: the machine of states/parts.asl.json, state by state, by hand."""

import json
from typing import Any

from sfn_callback import settings
from sfn_callback.handlers import cut, merge, merge_parts, record_failure, split
from testing.environment import BUCKET, MACHINE
from tests.operator.conftest import Desk, make_function

PARTS_MACHINE = MACHINE.replace("-documents", "-parts")
KEY = "documents/big.txt"
OPTIONS = {"part_bytes": "11", "chunk_bytes": "0"}


def body(*parts: str) -> bytes:
    """Return a document of parts that have two chunks each; of a part that is called ``bad`` the second one fails."""
    return "".join(
        f"a{at:03}\n\n{'!fail' if one == 'bad' else f'b{at:03}{chr(10)}'}\n" for at, one in enumerate(parts)
    ).encode()


class Parents:
    """Begins, runs and ends documents in parts. ``runs`` says whether what is started runs to its end at once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.machine = desk.machine
        self.machine.machines.insert(1, PARTS_MACHINE)
        self.started: list[dict[str, Any]] = []
        environment = {**desk.environment("process"), "SFN_CALLBACK_PARTS_MACHINE_ARN": PARTS_MACHINE}
        environment["SFN_CALLBACK_PARTS_OVER_MB"] = "1"
        handlers = {**desk.manifest("process")["handlers"], "parts": ["cut", "merge_parts", "record_failure"]}
        environment["SFN_CALLBACK_MANIFEST"] = json.dumps({**desk.manifest("process"), "handlers": handlers})
        for handler in ("cut", "merge_parts"):
            make_function(desk.functions, handler, environment)
        desk.functions.update_function_configuration(
            FunctionName="docs-process", Environment={"Variables": environment}
        )
        settings.current.cache_clear()

    def begin(self, *parts: str, name: str = "big", **given: Any) -> str:
        """A document is cut, and its parts are to run; return the parent's ARN. Without parts it is as it is."""
        if parts:
            self.desk.deployment.put(KEY, body(*parts))
        document = {"bucket": BUCKET, "key": KEY, "options": OPTIONS, **given}
        arn = self.machine.begin(PARTS_MACHINE, name, document)
        self.machine.enter(arn, "Cut", document)
        state = cut.handler({"document": document, "execution": arn}, None)
        self.machine.enter(arn, "RunParts", json.loads(json.dumps(state)), kind="Map")
        # What Step Functions notes besides: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
        events = self.machine.histories[arn]
        for kind in ("MapStateStarted", "MapRunStarted"):
            number = len(events)
            events.append({"id": number + 1, "previousEventId": number, "timestamp": self.machine.now, "type": kind})
        return arn

    def state(self, arn: str) -> dict[str, Any]:
        """What the machine has made of it so far."""
        entered = [event for event in self.machine.histories[arn] if "stateEnteredEventDetails" in event]
        state: dict[str, Any] = json.loads(entered[-1]["stateEnteredEventDetails"]["input"])
        return state

    def id(self, arn: str) -> str:
        return str(self.state(arn)["parent"])

    def begin_part(self, arn: str, number: int) -> str:
        """A part is split, and waits; return its execution's ARN."""
        state = self.state(arn)
        (range_,) = [one for one in state["parts"] if one[0] == number]
        part = {
            "parent": state["parent"],
            "number": number,
            "start": range_[1],
            "end": range_[2],
            "etag": state["etag"],
        }
        given = {**{name: state[name] for name in ("bucket", "key", "version", "options")}, "part": part}
        child = self.machine.begin(MACHINE, f"part_{state['parent']}_{number}_{state['run']}", given)
        self.machine.enter(child, "Split", given)
        job = split.handler({"document": given}, None)
        self.machine.enter(child, "AwaitChunks", {**given, "split": {"job": job}})
        self.at(child)
        self.desk.deployment.await_chunks(f"{'T' * 30}{child[-40:]}", child)
        return child

    def at(self, child: str) -> dict[str, Any]:
        """Have the deployment's one job be a part's."""
        job: dict[str, Any] = self.state(child)["split"]["job"]
        self.desk.deployment.job = job
        return job

    def finish_part(self, child: str) -> bool:
        """A part's chunks are processed, and it is combined, or fails; return whether it is."""
        job, told = self.at(child), len(self.machine.verdicts)
        self.desk.deployment.deliver_all()
        ((_, kind, verdict),) = self.machine.verdicts[told:]
        if kind == "failure":
            self._fail(child, verdict["error"], verdict["cause"])
            return False
        self.machine.enter(child, "Merge", {"split": {"job": job}, "failed": verdict["failed"]})
        output = merge.handler({"job": job, "failed": verdict["failed"]}, None)
        self.machine.end(child, "SUCCEEDED", output=json.dumps(output))
        return True

    def fail(self, arn: str) -> None:
        """The parent fails with its parts, of which those that run are stopped."""
        self._fail(arn, "States.ExceedToleratedFailureThreshold", "too many")

    def _fail(self, arn: str, error: str, cause: str) -> None:
        given = {**self.state(arn), "failure": {"Error": error, "Cause": cause}}
        self.machine.enter(arn, "RecordFailure", given)
        said = record_failure.handler({"execution": arn.rpartition(":")[2], "state": given}, None)
        self.machine.enter(arn, "Failed", {**given, "failure": said})
        self.machine.end(arn, "FAILED", error=said["Error"], cause=said["Cause"])

    def merge(self, arn: str) -> dict[str, Any]:
        """All parts are merged; return the execution's output."""
        state = self.state(arn)
        self.machine.enter(arn, "MergeParts", state)
        output: dict[str, Any] = merge_parts.handler(state, None)
        self.machine.end(arn, "SUCCEEDED", output=json.dumps(output))
        return output

    def run(self, *parts: str, name: str = "big", **given: Any) -> str:
        """A whole run, to its end."""
        arn = self.begin(*parts, name=name, **given)
        numbers = [number for number, *_ in self.state(arn)["parts"]]
        ended = [self.finish_part(self.begin_part(arn, number)) for number in numbers]
        if all(ended):
            self.merge(arn)
        else:
            self.fail(arn)
        return arn

    def run_what_is_started(self) -> None:
        """Have an execution of the parts machine run to its end as soon as it is started."""

        def start(*, stateMachineArn: str, input: str, name: str | None = None) -> dict[str, Any]:
            assert stateMachineArn == PARTS_MACHINE
            self.started.append(json.loads(input))
            arn = self.run(name=name or f"run-{len(self.machine.executions)}", **self.started[-1])
            return {"executionArn": arn, "startDate": self.machine.now}

        self.desk.monkeypatch.setattr(self.machine, "start_execution", start)
