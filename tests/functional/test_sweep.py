"""The sweeper beside the handlers: what it mends, and what it leaves alone."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.session
import pytest

from sfn_callback import ids, log, sweeper, timestamps
from sfn_callback.approvals.decision import Decision
from sfn_callback.aws import dynamodb, executions
from sfn_callback.fanin import ledger
from sfn_callback.handlers import report, sweep
from sfn_callback.log_events import LogEvent
from testing.task_tokens import refusal
from testing.wire import Wire
from tests.conftest import set_variables
from tests.functional import handing_workload
from tests.functional.approvals import Approvals, approvals
from tests.functional.conftest import TOKEN, Deployment, note_invocations

__all__ = ["approvals"]

THREE = b"one\n\ntwo two\n\nthree\n"
QUIET_SECONDS = 600
young_job = ids.new_job


class Clock:
    """Lambda's context: how much time an invocation has left."""

    def __init__(self, *seconds: float) -> None:
        self._left = list(seconds)

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._left.pop(0) if len(self._left) > 1 else self._left[0]))


class Time:
    """The time, which passes when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = datetime.now(UTC).timestamp()
        monkeypatch.setattr("time.time", lambda: self.now)

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def environment_of_the_sweeper(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHUNK_BYTES", "0")
    set_variables(monkeypatch, SWEEP_QUIET_SECONDS=QUIET_SECONDS)
    monkeypatch.setattr(ids, "new_job", lambda: split_ago(QUIET_SECONDS / 2))


def split_ago(seconds: float) -> str:
    """Return the id of a job that was split so long ago."""
    return f"{datetime.now(UTC) - timedelta(seconds=seconds):%Y%m%dT%H%M%SZ}{young_job()[16:]}"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Time]:
    yield Time(monkeypatch)


def swept(seconds: float = 900) -> dict[str, int]:
    """Sweep; return what became of the waits, without what became of none."""
    found = sweep.handler({}, Clock(seconds))
    return {name: found[name] for name in ("left", "closed", "resent", "redriven", "failed") if found[name]}


def lose_chunk(deployment: Deployment, index: int) -> None:
    """Deliver all events but one."""
    events = deployment.chunk_events()
    del events[index]
    for event in events:
        deployment.deliver(event)


def test_a_job_that_gets_on_is_left_alone(deployment: Deployment, clock: Time) -> None:
    deployment.begin(THREE)
    assert swept() == {"left": 1}
    for event in deployment.chunk_events()[:2]:
        clock.pass_(QUIET_SECONDS - 1)
        deployment.deliver(event)
        assert swept() == {"left": 1}
    assert deployment.machine.verdicts == []


def test_a_sweep_lists_and_asks_nothing_of_waits_that_are_young(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, wire: Wire
) -> None:
    note_invocations(monkeypatch)
    monkeypatch.setattr(ids, "new_job", lambda: split_ago(QUIET_SECONDS / 2 - 60))
    for number in range(20):
        deployment.split(b"one\n")
        if number % 2:
            deployment.redrive()
        deployment.await_chunks(f"{TOKEN}{number}")
    wire.operations()
    asked = deployment.machine.calls
    assert swept() == {"left": 20}
    assert (wire.operations(), deployment.machine.calls) == (["dynamodb.Scan"], asked)


def test_what_is_lost_is_sent_again_before_the_first_round_ends(
    deployment: Deployment, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The defaults: three attempts of five minutes, a sweep each quarter of an hour, and rounds of an hour.
    set_variables(monkeypatch, SWEEP_QUIET_SECONDS=1140)
    began, invoked = clock.now, note_invocations(monkeypatch)
    monkeypatch.setattr(ids, "age_seconds", lambda _: clock.now - began)
    deployment.begin(THREE)
    clock.pass_(569)
    while not invoked:
        swept()
        clock.pass_(900)
    assert clock.now - began - 900 <= 55 * 60


def test_events_that_never_came_are_sent_again_when_no_chunk_has_ended_for_long(
    deployment: Deployment, clock: Time, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    invoked = note_invocations(monkeypatch)
    job = deployment.begin(THREE)
    lose_chunk(deployment, 1)
    assert swept() == {"left": 1}
    clock.pass_(QUIET_SECONDS)
    assert swept() == {"redriven": 1}
    ((task),) = invoked
    assert (task["job"], task["index"], task["slot"]) == (job["job"], 1, 0)
    deployment.deliver(task)
    ((token, kind, _),) = deployment.machine.verdicts
    assert (token, kind) == (TOKEN, "success")
    (line,) = [line for line in capsys.readouterr().out.splitlines() if LogEvent.CHUNKS_SENT_AGAIN in line]
    assert (json.loads(line)["job"], json.loads(line)["missing"]) == (job["job"], 1)


def test_what_never_came_of_a_round_is_sent_again_in_a_round_of_its_own(
    deployment: Deployment, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoked = note_invocations(monkeypatch)
    deployment.split(THREE)
    deployment.redrive()
    deployment.await_chunks()
    swept()
    clock.pass_(QUIET_SECONDS)
    lost, _ = len(invoked), swept()
    assert [task["fanin"].partition(".")[2][:2] for task in invoked] == ["1-"] * lost + ["2-"] * 3
    for task in invoked[lost:]:
        deployment.deliver(task)
    assert deployment.machine.verdicts[0][1:] == ("success", {"done": 3, "failed": 0})


def test_chunks_that_are_worked_on_elsewhere_are_left_and_those_that_nobody_is_heard_of_are_handed_on_again(
    deployment: Deployment, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoked, handed = note_invocations(monkeypatch), handing_workload.handed
    handed.clear()
    set_variables(monkeypatch, WORKLOAD=handing_workload.__name__, PENDING_HEARTBEAT_SECONDS=QUIET_SECONDS)
    deployment.run(THREE)
    swept()
    clock.pass_(QUIET_SECONDS)
    for tokens in handed.values():
        report.handler({"token": tokens[0], "heartbeat": True}, None)
    assert (swept(), invoked) == ({"left": 1}, [])
    clock.pass_(QUIET_SECONDS)
    report.handler({"token": handed[1][0], "heartbeat": True}, None)
    clock.pass_(1)
    assert swept() == {"redriven": 1}
    for task in invoked:
        deployment.deliver(task)
    assert [len(handed[chunk]) for chunk in range(3)] == [2, 1, 2]
    for tokens in handed.values():
        report.handler({"token": tokens[-1], "result": "x"}, None)
    assert deployment.machine.verdicts == [(TOKEN, "success", {"done": 3, "failed": 0})]


def test_a_wait_that_was_handed_on_is_looked_at_again_only_with_another_token(
    deployment: Deployment, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_invocations(monkeypatch)
    deployment.begin(THREE)
    swept()
    clock.pass_(QUIET_SECONDS)
    swept()
    assert swept() == {"left": 1}
    deployment.await_chunks("another")
    assert swept() == {"left": 1, "redriven": 1}


def test_a_verdict_that_was_not_delivered_is_sent_again(deployment: Deployment, no_pauses: list[float]) -> None:
    deployment.begin(THREE)
    deployment.machine.refusals = ["AccessDeniedException"]
    deployment.deliver_all()
    assert deployment.machine.verdicts == []
    assert swept() == {"resent": 1}
    assert deployment.machine.verdicts[0][1] == "success"
    assert swept() == {"closed": 1}
    assert swept() == {}


def test_a_group_whose_climb_was_lost_is_taken_up(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment.begin(THREE)
    with monkeypatch.context() as during:
        during.setattr("sfn_callback.fanin.ledger.DynamoLedger.climb", lambda *_: 1 / 0)
        for event in deployment.chunk_events():
            deployment.deliver(event)
    assert deployment.machine.verdicts == []
    assert swept() == {"resent": 1}


def test_a_verdict_that_is_refused_again_is_left_to_the_next_sweep(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(**_: Any) -> None:
        raise refusal("SendTaskSuccess", "AccessDeniedException")

    deployment.split(b"")
    deployment.machine.refusals = ["AccessDeniedException"]
    deployment.await_chunks()
    with monkeypatch.context() as during:
        during.setattr(deployment.machine, "send_task_success", denied)
        assert swept() == {"left": 1}
    assert swept() == {"resent": 1}


def test_a_job_whose_execution_has_ended_is_closed_and_never_looked_at_again(deployment: Deployment) -> None:
    deployment.begin(THREE)
    deployment.machine.time_out(TOKEN)
    assert swept() == {"closed": 1}
    assert swept() == {}


def test_a_job_that_was_closed_is_resumed_by_its_chunks_when_it_waits_again(deployment: Deployment) -> None:
    deployment.begin(THREE)
    deployment.machine.time_out(TOKEN)
    swept()
    deployment.await_chunks("another")
    deployment.deliver_all()
    assert [token for token, _, _ in deployment.machine.verdicts] == ["another"]


def test_one_wait_that_cannot_be_looked_at_keeps_nobody_from_the_others(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    for token in ("one", "two"):
        deployment.split(b"one\n")
        deployment.await_chunks(token)
    deployment.machine.refusals = ["ThrottlingException"]
    assert swept() == {"failed": 1, "left": 1}
    assert LogEvent.WAIT_NOT_SWEPT in capsys.readouterr().out


def test_it_stops_before_its_time_is_over_and_says_so(deployment: Deployment) -> None:
    deployment.begin(THREE)
    deployment.machine.time_out(TOKEN)
    found = sweep.handler({}, Clock(29))
    assert (found["complete"], found["open"], found["closed"]) == (False, 1, 0)


def test_the_oldest_open_execution_is_told(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, SWEPT_MACHINE_ARN="arn:machine")
    asked = Asked(deployment.machine, running={f"arn:{age}": age for age in (60, 7_200, 30)}, page=2)
    assert sweep.handler({}, Clock(900))["oldest_seconds"] == 7_200
    assert asked.lists == [("arn:machine", "RUNNING", 1_000)] * 2
    asked.running.clear()
    assert sweep.handler({}, Clock(900))["oldest_seconds"] == 0


class Asked:
    """Step Functions, as far as it tells of executions: those that run, by their age in seconds, and how others are."""

    def __init__(self, machine: Any, running: dict[str, int], page: int = 1_000, status: str = "ABORTED") -> None:
        self.running = running
        self.page = page
        self.status = status
        self.lists: list[tuple[Any, ...]] = []
        self.questions: list[str] = []
        machine.get_paginator = lambda _: self
        machine.describe_execution = self.describe_execution

    def paginate(self, *, stateMachineArn: str, statusFilter: str, PaginationConfig: Any) -> Iterator[dict[str, Any]]:
        listed = list(self.running)
        for start in range(0, max(len(listed), 1), self.page):
            self.lists.append((stateMachineArn, statusFilter, PaginationConfig["PageSize"]))
            began = {
                one: datetime.now(UTC) - timedelta(seconds=self.running[one]) for one in listed[start:][: self.page]
            }
            yield {"executions": [{"executionArn": one, "startDate": began[one]} for one in began]}

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:
        self.questions.append(executionArn)
        return {"status": "RUNNING" if executionArn in self.running else self.status}


MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:docs-approval"
EXECUTION = MACHINE.replace(":stateMachine:", ":execution:")


def heartbeat_answers() -> list[str]:
    """What SendTaskHeartbeat can answer: nothing, what botocore's model has, and what any operation may have."""
    model = botocore.session.get_session().get_service_model("stepfunctions").operation_model("SendTaskHeartbeat")
    common = ["AccessDeniedException", "ThrottlingException", "InternalFailure", "ServiceUnavailable"]
    return ["", *(shape.name for shape in model.error_shapes), *common, "NeverHeardOf"]


def answer_heartbeats(deployment: Deployment, code: str) -> None:
    """From now on each heartbeat gets that answer, whether anybody waits or not."""

    def answer(*, taskToken: str) -> dict[str, Any]:
        if code:
            raise refusal("SendTaskHeartbeat", code)
        return {}

    deployment.machine.send_task_heartbeat = answer  # type: ignore[method-assign]


def age(monkeypatch: pytest.MonkeyPatch, deployment: Deployment, *, of_job: float, of_oldest: int | None) -> None:
    """Say how old the jobs are, and the oldest execution that runs."""
    set_variables(monkeypatch, SWEPT_MACHINE_ARN="arn:machine")
    monkeypatch.setattr("sfn_callback.ids.age_seconds", lambda _: of_job)
    Asked(deployment.machine, {} if of_oldest is None else {"arn:oldest": of_oldest})


@pytest.mark.parametrize("code", heartbeat_answers())
def test_whatever_a_heartbeat_gets_a_job_that_waits_is_resumed_by_its_chunks(
    deployment: Deployment, clock: Time, monkeypatch: pytest.MonkeyPatch, no_pauses: list[float], code: str
) -> None:
    sent = note_invocations(monkeypatch)
    age(monkeypatch, deployment, of_job=3_000, of_oldest=3_000)
    deployment.begin(THREE)
    answer_heartbeats(deployment, code)
    for _ in range(3):
        swept()
        clock.pass_(QUIET_SECONDS)
    deployment.deliver_all()
    for task in sent:
        deployment.deliver(task)
    ((token, kind, told),) = deployment.machine.verdicts
    assert (token, kind, told) == (TOKEN, "success", {"done": 3, "failed": 0})


@pytest.mark.parametrize("code", heartbeat_answers())
@pytest.mark.parametrize("oldest", [None, 1_000])
def test_whatever_a_heartbeat_gets_chunks_are_sent_again_for_no_job_that_is_older_than_all_executions(
    deployment: Deployment,
    clock: Time,
    monkeypatch: pytest.MonkeyPatch,
    no_pauses: list[float],
    code: str,
    oldest: int | None,
) -> None:
    sent = note_invocations(monkeypatch)
    deployment.begin(THREE)
    age(monkeypatch, deployment, of_job=5_000, of_oldest=oldest)
    answer_heartbeats(deployment, code)
    assert swept() == {"closed": 1}
    clock.pass_(10 * QUIET_SECONDS)
    assert swept() == {}
    assert sent == []


@pytest.mark.parametrize(("of_job", "of_oldest"), [(600, None), (3_000, 3_000), (3_600, 3_000), (9_000, 20_000)])
def test_a_job_that_is_no_older_than_an_execution_may_be_its(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, of_job: float, of_oldest: int | None
) -> None:
    deployment.begin(THREE)
    age(monkeypatch, deployment, of_job=of_job, of_oldest=of_oldest)
    assert swept() == {"left": 1}


def describe(approvals: Approvals, status: str) -> Asked:
    """Say how the execution is that asks."""
    return Asked(approvals.machine, {f"{EXECUTION}:run-1": 60} if status == "RUNNING" else {}, status=status)


def put_approvals(count: int, **more: str) -> list[str]:
    """Put so many open approvals into the ledger; return their executions."""
    names = [f"{EXECUTION}:{number}" for number in range(count)]
    question = json.dumps({"subject": "Publish?"})
    client = boto3.client("dynamodb")
    for number, name in enumerate(names):
        texts = {"pk": f"approval#{number:064x}", "question": question, "token": f"{TOKEN}{number}", **more}
        item = {one: {"S": value} for one, value in {**texts, "execution": name}.items()}
        client.put_item(TableName=dynamodb.connect().name, Item={**item, "asked": {"N": "1"}, "deadline": {"N": "1"}})
    return names


def test_ten_thousand_open_approvals_cost_ten_lists_and_no_question(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch, wire: Wire
) -> None:
    names = [f"{EXECUTION}:{number}" for number in range(10_000)]
    asked = Asked(approvals.machine, dict.fromkeys(names, 60))
    items = [{"pk": {"S": f"approval#{name}"}, "execution": {"S": name}} for name in names]
    monkeypatch.setattr(
        dynamodb.Table, "scan", lambda *_: iter([items[start:][:1_000] for start in range(0, 10_000, 1_000)])
    )
    wire.operations()
    assert swept() == {"left": 10_000}
    assert (len(asked.lists), asked.questions, wire.operations()) == (10, [], [])
    assert asked.lists[0] == (MACHINE, "RUNNING", 1_000)


def test_when_all_executions_have_ended_a_sweep_asks_for_no_more_than_a_regions_burst(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_approvals(50)
    monkeypatch.setattr(executions, "MOST_QUESTIONS", 20)
    asked = Asked(approvals.machine, {})
    assert [swept() for _ in range(4)] == [
        {"closed": 20, "left": 30},
        {"closed": 20, "left": 10},
        {"closed": 10},
        {},
    ]
    assert len(set(asked.questions)) == len(asked.questions) == 50
    assert executions.MOST_QUESTIONS < 250


def test_an_execution_that_is_not_listed_yet_is_asked_for_before_it_has_ended(approvals: Approvals) -> None:
    (name,) = put_approvals(1)
    asked = Asked(approvals.machine, {}, status="RUNNING")
    assert swept() == {"left": 1}
    assert asked.questions == [name]


def test_a_machine_whose_executions_may_not_be_listed_is_asked_for_each(approvals: Approvals) -> None:
    names = put_approvals(3)
    asked = Asked(approvals.machine, dict.fromkeys(names[1:], 60))

    def denied(_: str) -> None:
        asked.lists.append(())
        raise refusal("ListExecutions", "AccessDeniedException")

    approvals.machine.get_paginator = denied  # type: ignore[attr-defined]
    assert swept() == {"closed": 1, "left": 2}
    assert (len(asked.lists), sorted(asked.questions)) == (1, names)


def test_what_is_decided_is_delivered_without_a_question(approvals: Approvals) -> None:
    asked = Asked(approvals.machine, {})
    decided = Decision(time=timestamps.now(), output=1, webhook=True).to_json()
    put_approvals(3, decision=decided)
    for number in range(3):
        approvals.machine.wait(f"{TOKEN}{number}")
    assert swept() == {"resent": 3}
    assert (asked.lists, asked.questions) == ([], [])


class Passing:
    """Lambda's context: time passes with each page of the ledger and each wait that is looked at."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * self.left)


def sweep_slowly(
    monkeypatch: pytest.MonkeyPatch, *, a_page: float, a_look: float, pages: int = 100, seconds: float = 900
) -> tuple[dict[str, Any], list[str], int]:
    """Sweep pages of a hundred waits; return what was found, which waits were looked at, and how many pages read."""
    context, looked, read = Passing(seconds), [], []

    def listed() -> Iterator[list[sweeper.OpenWait]]:
        for page in range(pages):
            context.left -= a_page
            read.append(page)
            yield [sweeper.OpenWait(f"{page} {number}") for number in range(100)]

    def look(wait: sweeper.OpenWait, _: object) -> sweeper.SweepResult:
        context.left -= a_look
        looked.append(wait.key)
        return sweeper.SweepResult.LEFT

    monkeypatch.setattr(sweeper, "open_waits", listed)
    monkeypatch.setattr(sweeper, "sweep_one", look)
    return sweep.handler({}, context), looked, len(read)


def test_waits_are_looked_at_while_they_are_listed(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    found, looked, read = sweep_slowly(monkeypatch, a_page=60, a_look=0.1)
    assert (found["complete"], read) == (False, 14)
    assert len(looked) == found["left"] == 13 * 25


def test_the_clock_is_watched_at_each_page_and_each_look(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sweep_slowly(monkeypatch, a_page=1, a_look=0, seconds=35)[2] == 5
    found, looked, read = sweep_slowly(monkeypatch, a_page=0, a_look=1, seconds=40)
    assert (found["complete"], len(looked), read) == (False, 10, 1)


def test_a_sweep_that_has_time_looks_at_all_once(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    found, looked, _ = sweep_slowly(monkeypatch, a_page=0, a_look=0)
    assert (found["complete"], found["open"], len(looked), len(set(looked))) == (True, 10_000, 10_000, 10_000)


def test_what_a_sweep_does_not_reach_others_do(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = {key for _ in range(12) for key in sweep_slowly(monkeypatch, a_page=0, a_look=1, pages=1, seconds=90)[1]}
    assert len(reached) > 95


class Later(datetime):
    """Ten minutes later."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(seconds=600)


def test_an_execution_that_began_after_the_list_was_made_is_reckoned_with(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = SimpleNamespace()
    Asked(machine, {})
    monkeypatch.setattr("sfn_callback.aws.clients.stepfunctions", lambda: machine)
    running = executions.Executions(lambda: True)
    assert not running.may_be_as_old_as(MACHINE, 500)
    monkeypatch.setattr(executions, "datetime", Later)
    assert running.may_be_as_old_as(MACHINE, 500)
    assert not running.may_be_as_old_as(MACHINE, 700)


def test_executions_are_listed_no_longer_than_there_is_time(environment: None) -> None:
    machine = SimpleNamespace()
    asked = Asked(machine, {f"{EXECUTION}:{number}": 60 for number in range(10)}, page=1)
    left = [True, True, False]
    with pytest.MonkeyPatch.context() as during:
        during.setattr("sfn_callback.aws.clients.stepfunctions", lambda: machine)
        running = executions.Executions(lambda: left.pop(0) if len(left) > 1 else left[0])
        assert not running.has_ended(f"{EXECUTION}:9")
    assert (len(asked.lists), asked.questions) == (3, [])


def test_an_approval_that_somebody_waits_for_is_left_alone(approvals: Approvals) -> None:
    describe(approvals, "RUNNING")
    approvals.ask()
    assert swept() == {"left": 1}
    assert approvals.press(approvals.link(), "approve")["statusCode"] == 303


def test_an_approval_whose_execution_has_ended_takes_no_decision_any_more(approvals: Approvals) -> None:
    describe(approvals, "ABORTED")
    approvals.ask()
    link = approvals.link()
    assert swept() == {"closed": 1}
    assert swept() == {}
    assert approvals.press(link, "approve")["statusCode"] == 410
    page = approvals.request("GET", link)
    assert page["statusCode"] == 410
    assert "the process that asked has ended" in page["body"]


def test_an_execution_that_step_functions_has_forgotten_has_ended(approvals: Approvals) -> None:
    describe(approvals, "ABORTED")

    def forgotten(*, executionArn: str) -> None:
        raise refusal("DescribeExecution", "ExecutionDoesNotExist")

    approvals.machine.describe_execution = forgotten  # type: ignore[attr-defined]
    approvals.ask()
    assert swept() == {"closed": 1}


def test_an_execution_that_may_not_be_looked_at_may_still_wait(approvals: Approvals) -> None:
    describe(approvals, "ABORTED")

    def denied(*, executionArn: str) -> None:
        raise refusal("DescribeExecution", "AccessDeniedException")

    approvals.machine.describe_execution = denied  # type: ignore[attr-defined]
    approvals.ask()
    assert swept() == {"failed": 1}
    assert approvals.press(approvals.link(), "approve")["statusCode"] == 303


def test_an_approval_that_was_closed_is_open_when_it_is_asked_again(approvals: Approvals) -> None:
    describe(approvals, "ABORTED")
    approvals.ask()
    link = approvals.link()
    swept()
    describe(approvals, "RUNNING")
    approvals.ask("another")
    assert swept() == {"left": 1}
    assert approvals.press(link, "approve")["statusCode"] == 303
    assert approvals.verdict()[0] == "success"


def test_a_decision_that_was_not_delivered_is_sent_again(
    approvals: Approvals, no_pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    approvals.ask()
    link = approvals.link()
    approvals.machine.refusals = ["AccessDeniedException"]
    assert approvals.press(link, "approve")["statusCode"] == 503
    assert swept() == {"resent": 1}
    assert approvals.verdict()[0] == "success"
    assert swept() == {}
    said = capsys.readouterr().out
    assert link.strip("/") not in said
    assert TOKEN not in said


def test_an_approval_goes_by_the_name_that_other_logs_have(
    approvals: Approvals, capsys: pytest.CaptureFixture[str]
) -> None:
    describe(approvals, "ABORTED")
    approvals.ask()
    mark = log.fingerprint(approvals.link().strip("/"))
    swept()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    marked = [line["event"] for line in lines if line.get("approval") == mark]
    assert marked == ["approval_asked", "wait_closed"]


def test_what_is_expired_is_not_made_again(deployment: Deployment) -> None:
    deployment.begin(THREE)
    kept = ledger.connect()
    top = kept.look(deployment.job["fanin"])
    boto3.client("dynamodb").delete_item(TableName=dynamodb.connect().name, Key={"pk": {"S": top.name}})
    kept.close(top)
    assert dynamodb.connect().get(top.name) == {}
