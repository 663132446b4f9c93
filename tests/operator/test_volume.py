"""At volume: what a command asks is counted, with 10,000 jobs open; answers are exact, or say that they are not."""

import gc
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto.dynamodb.models import dynamodb_backends

from sfn_callback.approvals import store
from sfn_callback.documents.events import Job
from sfn_callback.fanin import item_format, ledger, protocol
from sfn_callback_operator import deployment
from sfn_callback_operator.jobs import approvals, outcomes, targets
from testing.environment import BUCKET, MACHINE, TABLE
from testing.wire import Wire
from tests.operator.conftest import Desk, Ran, text

OPEN = 10_000
LONG = 3 * 20 + 240 + 60
"""Seconds after which three attempts at a chunk are over."""
TOKEN = "t" * 600


@dataclass
class Asked:
    """Counts what is asked of AWS: of Step Functions, Lambda and DynamoDB."""

    desk: Desk
    wire: Wire
    functions: Counter[str]

    def during(self, act: Callable[[], Any]) -> Counter[str]:
        """Return the requests that an action makes, by operation."""
        self.desk.machine.asked.clear()
        self.functions.clear()
        self.wire.sent.clear()
        act()
        sent = Counter(one.operation.partition(".")[2] for one in self.wire.sent)
        return self.desk.machine.asked + self.functions + sent

    def by(self, *command: str, code: int = 0) -> tuple[Counter[str], Ran]:
        """Return the requests of a command, and what it printed."""
        ran: list[Ran] = []
        counted = self.during(lambda: ran.append(self.desk.run(*command)))
        assert ran[0].code == code, ran[0].err
        return counted, ran[0]


@pytest.fixture
def asked(wire: Wire, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Asked:
    functions = Counter[str]()
    get = desk.functions.get_function_configuration

    def counting(**given: Any) -> Any:
        functions["GetFunctionConfiguration"] += 1
        return get(**given)

    monkeypatch.setattr(desk.functions, "get_function_configuration", counting, raising=False)
    return Asked(desk, wire, functions)


@pytest.fixture(scope="module")
def kept() -> list[dict[Any, Any]]:
    """What :func:`backlog` has made once, for tests that change none of it: to make it takes seconds."""
    return []


@pytest.fixture
def backlog(desk: Desk, kept: list[dict[Any, Any]]) -> Desk:
    """10,000 jobs that wait for a chunk, of which ``run-5000`` is one; all began within the last hour."""
    places = [*(vars(desk.machine)[name] for name in ("executions", "_histories", "_tokens")), _ledger().items]
    if not kept:
        # Nothing of it is garbage; to look for some took half of the time.
        gc.disable()
        for number, job in enumerate(_ids(OPEN)):
            _begun(desk, number, job)
        gc.enable()
        kept += map(dict, places)
    for place, what in zip(places, kept, strict=True):
        place.update(what)
    return desk


def _ledger() -> Any:
    # Past moto's interface, which takes minutes for as many.
    return dynamodb_backends["123456789012"]["eu-central-1"].tables[TABLE]


def _ids(number: int) -> list[str]:
    return [f"20260131T235959Z-{one:012x}" for one in range(number)]


def _begun(desk: Desk, number: int, job: str, age: float = 0, state: str = "AwaitChunks") -> None:
    """An execution begins, and waits for its job's only chunk."""
    machine, now = desk.machine, desk.machine.now
    machine.now = now - timedelta(seconds=age or (OPEN - number) / 200)
    arn = machine.begin(MACHINE, f"run-{number}", {"bucket": BUCKET, "key": f"documents/{number}"})
    kept = Job(job, job, 1, 0).as_json()
    machine.enter(arn, state, {"bucket": BUCKET, "key": f"documents/{number}", "split": {"job": kept}})
    machine.now = now
    item = {"pk": {"S": job}, "groups": {"N": "1"}, "total": {"N": "1"}, "tolerated": {"N": "0"}}
    _ledger().put_item({**item, "tokens": {"SS": [f"{TOKEN}{number}"]}, "execution": {"S": arn}})


MINE = _ids(OPEN)[5_000]


def test_a_job_among_10_000_is_found_in_five_requests_by_each_of_its_names(backlog: Desk, asked: Asked) -> None:
    for name in (MINE, "run-5000", f"{MACHINE.replace(':stateMachine:', ':execution:')}:run-5000"):
        ours = deployment.load("docs")
        found: list[targets.Target] = []
        counted = asked.during(lambda: found.append(targets.resolve(ours, name)))  # noqa: B023
        assert found[0].job.job == MINE
        assert counted.total() <= 5, (name, counted)


COMMANDS = {
    "show": (),
    "redrive": ("--no-wait",),
    "resume": ("--yes",),
    "fail": ("--yes",),
    "cancel": ("--yes",),
    "watch": ("--timeout", "0"),
}


def test_no_command_searches_for_its_job(backlog: Desk, asked: Asked) -> None:
    for number, (command, more) in enumerate(COMMANDS.items()):
        # One of its own, in the place of the one that all tests have.
        _begun(backlog, number, _ids(OPEN)[number])
        backlog.machine.wait(f"{TOKEN}{number}")
        backlog.deployment.put(f"chunks/{_ids(OPEN)[number]}/00000000", b"")
        code = 7 if command == "watch" else 0
        counted, _ = asked.by(command, _ids(OPEN)[number], *more, code=code)
        assert counted["ListExecutions"] == 0, command
        assert counted["GetExecutionHistory"] <= 2, command


def test_the_first_page_of_jobs_takes_thirty_requests_and_says_what_there_is_beyond(
    backlog: Desk, asked: Asked
) -> None:
    counted, ran = asked.by("jobs", "--output", "json")
    assert counted.total() <= 30, counted
    assert counted["GetExecutionHistory"] == len(ran.json) >= 5
    assert [row["execution"].rpartition(":")[2] for row in ran.json][:3] == ["run-0", "run-1", "run-2"]
    assert {row["waits_for"] for row in ran.json} == {"1 of 1 chunks"}
    assert f"{OPEN - len(ran.json):,} open beyond these, the oldest {len(ran.json)}" in ran.err


def test_jobs_lists_as_many_as_are_wanted(backlog: Desk, asked: Asked) -> None:
    counted, ran = asked.by("jobs", "--limit", "150", "--output", "json")
    assert (len(ran.json), counted["GetExecutionHistory"]) == (150, 150)


def test_names_are_all_and_take_no_history(backlog: Desk, asked: Asked) -> None:
    counted, ran = asked.by("jobs", "--names")
    assert len(ran.out.splitlines()) == OPEN
    assert counted["GetExecutionHistory"] == counted["DescribeExecution"] == 0
    assert counted["ListExecutions"] == OPEN // 1_000 + 1


def test_doctor_asks_nothing_of_jobs_that_are_young(desk: Desk, asked: Asked) -> None:
    desk.job()
    alone, _ = asked.by("doctor", code=1)
    for number, job in enumerate(_ids(200)):
        _begun(desk, number, job, age=1)
    counted, _ = asked.by("doctor", code=1)
    assert counted == alone


def test_doctor_looks_at_the_ten_oldest_and_has_one_command_for_all(desk: Desk, asked: Asked) -> None:
    idle, _ = asked.by("doctor", code=1)
    for number, job in enumerate(_ids(200)):
        _begun(desk, number, job, age=LONG + number)
    counted, ran = asked.by("doctor", "--output", "json", code=1)
    found = [one for one in ran.json if one["what"] == "open jobs"]
    assert [one["do"] for one in found[:10]] == [
        f"sfn-callback redrive {job} --missing" for job in reversed(_ids(200)[-10:])
    ]
    (more,) = found[10:]
    assert "190 more jobs" in more["says"]
    assert counted["GetExecutionHistory"] == 10
    assert counted["GetFunctionConfiguration"] == idle["GetFunctionConfiguration"]
    listed = desk.run(*re.search(r"\$\(sfn-callback (.*)\)", more["do"])[1].split())  # type: ignore[index]
    assert len(listed.out.splitlines()) == 200


def test_doctor_finds_what_is_stuck_behind_old_jobs_that_are_well(desk: Desk) -> None:
    ids = _ids(26)
    for number, job in enumerate(ids[:25]):
        _begun(desk, number, job, age=LONG + 100 - number, state="Merge")
    _begun(desk, 25, ids[25], age=LONG)
    found = [one["do"] for one in desk.json("doctor") if one["what"] == "open jobs"]
    assert found == [f"sfn-callback redrive {ids[25]} --missing"]


def test_doctor_does_not_call_well_what_it_has_not_looked_at(desk: Desk) -> None:
    for number, job in enumerate(_ids(150)):
        _begun(desk, number, job, age=LONG + number, state="Merge")
    (found,) = [one for one in desk.json("doctor") if one["what"] == "open jobs"]
    assert "50 more jobs" in found["says"]
    assert found["level"] == "warning"


def test_doctor_says_a_hundred_or_more_where_a_list_was_cut(desk: Desk) -> None:
    for number in range(300):
        desk.machine.end(desk.machine.begin(MACHINE, f"bad-{number}", {}), "FAILED", error="Gone")
    (found,) = [one for one in desk.json("doctor") if one["what"] == "failures"]
    assert found["says"].startswith("100 or more of documents FAILED")


def test_names_of_what_has_failed_are_all_of_them(desk: Desk, asked: Asked) -> None:
    for number in range(300):
        desk.machine.end(desk.machine.begin(MACHINE, f"bad-{number}", {}), "FAILED", error="Gone")
    counted, ran = asked.by("jobs", "--status", "FAILED", "--names")
    assert sorted(ran.out.split()) == sorted(f"bad-{number}" for number in range(300))
    assert counted["GetExecutionHistory"] == 0
    counted, ran = asked.by("jobs", "--status", "FAILED")
    assert counted.total() <= 30
    assert "More FAILED beyond these, the newest 20" in " ".join(ran.err.split())


def test_names_that_two_workflows_have_are_arns(desk: Desk) -> None:
    for machine in desk.machine.machines:
        desk.machine.end(desk.machine.begin(machine, "same", {}), "FAILED", error="Gone")
    names = desk.run("jobs", "--status", "FAILED", "--names").out.split()
    assert sorted(names) == sorted(desk.machine.executions)


@pytest.fixture
def large(desk: Desk) -> Callable[[int], str]:
    """A job with that many groups, of which none is full, and each has a chunk that is done."""

    def begin(groups: int) -> str:
        arn = desk.machine.begin(MACHINE, "large", {})
        job = _ids(1)[0]
        kept = ledger.connect()
        protocol.seal(kept, job, groups * 256, 0)
        kept.add_token(job, "token", arn)
        protocol.chunk_done(kept, job, 0)
        for group in range(1, groups):
            _ledger().put_item({"pk": {"S": item_format.group_key(job, group)}, "done": {"NS": ["0"]}})
        desk.machine.enter(arn, "AwaitChunks", {"split": {"job": Job(job, job, groups * 256, 0).as_json()}})
        return job

    return begin


def test_391_groups_that_are_not_full_are_counted_exactly_in_four_requests(
    large: Callable[[int], str], asked: Asked
) -> None:
    large(391)
    counted, ran = asked.by("jobs", "--output", "json")
    (row,) = ran.json
    assert (row["done"], row["chunks"], row["at_least"]) == (391, 391 * 256, False)
    # Of these one is for the job itself.
    assert counted["BatchGetItem"] == 4 + 1
    assert counted.total() <= 30


def test_what_is_not_counted_to_its_end_is_said_to_be_at_least(
    desk: Desk, large: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = large(30)
    monkeypatch.setattr(outcomes, "LOOKED_INTO", 20)
    done = outcomes.progress(Job(job, job, 30 * 256, 0))
    assert (done.done, done.exact) == (20, False)
    (row,) = desk.json("jobs")
    assert (row["done"], row["at_least"], row["waits_for"]) == (20, True, "at most 7,660 of 7,680 chunks")
    assert "at least 20 of 7,680" in " ".join(desk.run("jobs").out.split())


def test_decided_approvals_cost_a_list_nothing(desk: Desk, asked: Asked) -> None:
    kept = store.connect()
    for number in range(20):
        arn = _asks(desk, f"asks-{number}", [number])
        desk.machine.end(arn, "SUCCEEDED", output="{}")
    for one in approvals.undecided().approvals:
        kept.items.update(one.key, put={"decision": "{}"})
    counted, ran = asked.by("jobs")
    assert ran.out == "Nothing of docs is open.\n"
    assert (counted["GetItem"], counted["Scan"]) == (0, 1)


def _asks(desk: Desk, name: str, questions: list[int]) -> str:
    """An execution asks questions: several in a Map."""
    from sfn_callback.handlers import ask

    arn = desk.machine.begin(MACHINE.replace("-documents", "-approval"), name, {})
    desk.machine.enter(arn, "AwaitDecision", {})
    for number in questions:
        event = {
            "approval": {"subject": f"Question {number}?"},
            "token": desk.machine.wait(f"{name}-{number}"),
            "execution": arn,
            "state": "AwaitDecision",
            "entered": desk.machine.now.isoformat(),
            "timeout_seconds": 3_600,
        }
        ask.handler(event, None)
    return arn


@pytest.mark.parametrize("command", [("approve",), ("fail", "-y"), ("resume", "-y"), ("heartbeat",)])
def test_an_execution_that_asks_five_questions_decides_none_by_its_name(desk: Desk, command: tuple[str, ...]) -> None:
    _asks(desk, "five", [1, 2, 3, 4, 5])
    rows = desk.json("jobs")
    assert sorted(row["waits_for"].rpartition(": ")[2] for row in rows) == [f"Question {one}?" for one in range(1, 6)]
    ran = desk.run(command[0], "five", *command[1:])
    assert (ran.code, desk.machine.verdicts) == (2, [])
    for row in rows:
        assert row["target"] in ran.err
    assert desk.run(command[0], rows[2]["target"], *command[1:]).code == 0
    assert len(desk.machine.verdicts) == (command[0] != "heartbeat")


def test_an_execution_whose_name_looks_like_a_mark_is_found_by_every_command(desk: Desk) -> None:
    desk.job(name="0123abcd")
    assert desk.json("show", "0123abcd")["execution"] == desk.arn
    assert desk.run("heartbeat", "0123abcd").code == 0
    assert desk.run("cancel", "0123abcd", "--yes").code == 0
    ran = desk.run("show", "89abcdef")
    assert ran.code == 3


def test_a_name_that_is_a_mark_and_an_executions_is_refused_with_both(desk: Desk) -> None:
    desk.approval()
    mark = desk.mark()
    desk.job(name=mark)
    ran = desk.run("show", mark)
    assert ran.code == 2
    assert desk.arn in ran.err
    assert "Publish?" in ran.err
    assert desk.json("show", desk.arn)["execution"] == desk.arn


def test_a_job_of_before_the_ledger_was_told_is_found_among_those_that_came_after(desk: Desk, asked: Asked) -> None:
    job = desk.job(name="mine")
    boto3.client("dynamodb").update_item(TableName=TABLE, Key={"pk": {"S": job}}, UpdateExpression="REMOVE execution")
    for number in range(250):
        desk.machine.now += timedelta(milliseconds=200)
        _begun(desk, number, _ids(250)[number], age=1e-9)
    ran = desk.run("show", job, "--output", "json")
    assert ran.code == 0, ran.err
    assert ran.json["execution"] == desk.arn


@pytest.mark.parametrize(
    ("told", "says"),
    [("split", "has not begun to wait"), ("forgotten", "the ledger has no such job"), ("waits", "is too old")],
)
def test_a_job_that_is_not_found_is_said_with_what_is_known_of_it(desk: Desk, told: str, says: str) -> None:
    job = _ids(1)[0]
    if told != "forgotten":
        protocol.seal(ledger.connect(), job, 3, 0)
    if told == "waits":
        ledger.connect().add_token(job, "t")
    ran = desk.run("show", job)
    assert ran.code == 3
    assert says in ran.err


def test_a_job_that_was_made_good_is_listed_so_and_not_processed_again(desk: Desk) -> None:
    job = desk.failed_job(text("one", "!fail"))
    desk.deploy_fix()
    assert desk.run("redrive", job).code == 0
    (row,) = desk.json("jobs", "--status", "FAILED")
    where = f"s3://{BUCKET}/merged/d.txt/{job}"
    assert (row["made_good"], row["waits_for"]) == (where, f"made good: {where}")
    shown = desk.json("show", job)
    assert shown["result"] == where
    assert "merged later" in shown["made good"]
    before = desk.processed()
    ran = desk.run("redrive", job)
    assert (ran.code, desk.processed()) == (6, before)
    assert where in ran.err


def test_what_is_shown_of_100_000_chunks_are_ranges(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job = desk.job()
    failed = dict.fromkeys(range(1_000, 51_000), "Gone: no") | dict.fromkeys(range(0, 200, 2), "Gone: not that either")
    missing = tuple(index for index in range(90_000) if index not in failed)
    job_outcomes = outcomes.JobOutcomes(100_000, frozenset(range(90_000, 100_000)), failed, missing)
    monkeypatch.setattr(outcomes, "of_job", lambda _: job_outcomes)
    ran = desk.run("show", job, "--output", "json")
    assert (ran.json["failed_count"], ran.json["missing_count"]) == (50_100, 39_900)
    assert ran.json["failed"][0] == {"reason": "Gone: no", "count": 50_000, "chunks": ["1000-50999"]}
    assert ran.json["missing"][-1] == "51000-89999"
    assert len(ran.out.splitlines()) < 300
