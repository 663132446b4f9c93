"""A durable function of the caller's that waits for what the deployment does."""

from typing import Any

from sfn_callback.aws import durable_executions
from sfn_callback.handlers import ask
from sfn_callback.resume import DURABLE_MARK
from testing.durable_callbacks import FakeLambda
from tests.operator.conftest import TEXT, Desk

EXECUTION = "arn:aws:lambda:eu-central-1:000000000000:function:orders:7/durable-execution/order-1/0a1b2c3d"
CALLBACK = "Ab+/cGFnZQ=="


class Durable:
    """The function ``orders``, one of its executions, and Lambda's side of its callbacks."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.of_lambda = FakeLambda()
        self.of_lambda.executions[EXECUTION] = "RUNNING"
        desk.functions.durable = self.of_lambda
        # Of a deployment a function is known by that of its handlers that is first found.
        desk.say("process", {"durable": ["orders"]})

    def wait_for_chunks(self, body: bytes = TEXT, callback: str = CALLBACK) -> str:
        """It has a document split, and waits for its chunks; return the job."""
        job = self.desk.deployment.split(body)
        self._await(callback)
        return str(job["job"])

    def next_round(self, callback: str) -> None:
        """Its callback times out, it has what is missing processed again, and waits again."""
        self.of_lambda.time_out(CALLBACK)
        self.desk.deployment.redrive()
        self._await(callback)

    def ask(self, subject: str = "Publish?") -> None:
        """It asks for an approval."""
        event = {
            "approval": {"subject": subject},
            "token": f"{DURABLE_MARK}{self.of_lambda.wait(CALLBACK)}",
            "execution": EXECUTION,
            "state": "decision",
            "entered": self.desk.machine.now.isoformat(),
            "timeout_seconds": 3_600,
        }
        ask.handler(event, None)

    def end(self, status: str, **ending: Any) -> None:
        """Its execution ends."""
        self.of_lambda.end(EXECUTION, status, **ending)

    def _await(self, callback: str) -> None:
        assert durable_executions.is_durable(EXECUTION)
        self.desk.deployment.await_chunks(f"{DURABLE_MARK}{self.of_lambda.wait(callback)}", EXECUTION)
