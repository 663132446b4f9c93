"""A workbench whose tokens are those of durable functions: who answers machines answers these, by grants of its own."""

from collections.abc import Callable

from emulator.aws import LocalAws
from sfn_callback.durable import task_token
from tests.e2e.support.durable import Durable
from tests.e2e.support.grants import FAIL, HEARTBEAT, SUCCEED, TABLE, Scenario
from tests.e2e.support.scenarios_sweep import in_ledger, is_closed
from tests.e2e.support.standins import StandIn
from tests.e2e.support.workbench import Missing, Token, Workbench, expect

_SID = "AnswerDurableFunctions"
_SEND = f"{_SID} lambda:SendDurableExecutionCallback"
GRANTS = {SUCCEED: f"{_SEND}Success", FAIL: f"{_SEND}Failure", HEARTBEAT: f"{_SEND}Heartbeat"}
GRANTS["Fail states:SendTaskFailure"] = GRANTS[FAIL]
"""What each of the grants on machines is on durable functions."""
LOOK = f"{_SID} lambda:GetDurableExecution"


def rows(handler: str) -> list[tuple[Scenario, list[str]]]:
    """Return the runs of a handler that answer somebody, each with the grants that it needs for durable functions."""
    found = (
        (scenario, [GRANTS[one] for one in grants if one in GRANTS]) for scenario, grants in TABLE[handler].items()
    )
    more = {"sweep": [(closes_an_approval_whose_execution_has_ended, [LOOK])]}
    return [*((scenario, grants) for scenario, grants in found if grants), *more.get(handler, ())]


def closes_an_approval_whose_execution_has_ended(on: StandIn) -> None:
    token = on.bench.token()
    asked = in_ledger(on, token)
    on.bench.functions.stop_durable_execution(DurableExecutionArn=token.execution)
    on.invoke({})
    expect(is_closed(on, asked), "it is open")


class DurableToken(Token):
    """The token of a durable execution that waits."""

    def __init__(self, durable: Durable) -> None:
        self._durable = durable
        self.execution = durable.starts("callback")
        self._callback = durable.waits_under(self.execution)
        self.text = task_token(self._callback)

    def expect(self, status: str) -> None:
        expect(not self._open(), "the callback was not answered")
        self.expect_soon(status)

    def expect_soon(self, status: str) -> None:
        try:
            assert self._durable.comes_to(self.execution).status == status
        except TimeoutError:
            raise Missing("the callback was not answered") from None

    def _open(self) -> bool:
        functions = self._durable.functions
        try:
            functions.send_durable_execution_callback_heartbeat(CallbackId=self._callback)
        except functions.exceptions.CallbackTimeoutException:
            return False
        return True


class DurableBench(Workbench):
    """A workbench of which a durable function waits, and no machine."""

    def __init__(self, local: LocalAws, durable: Durable) -> None:
        super().__init__(local)
        self._waiting: Callable[[], Token] = lambda: DurableToken(durable)

    def token(self) -> Token:
        """Begin a durable execution that waits; return its token."""
        return self._waiting()
