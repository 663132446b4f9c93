"""Chunks that are finished outside Lambda, while workers are killed, messages come twice and reports contradict."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo.contract import EVERYWHERE
from emulator import aws
from emulator.mailbox import Mailbox
from emulator.state_machine import Seen
from tests.e2e.conftest import Instance, wait_for
from tests.e2e.support.lifecycle import changes
from tests.e2e.support.workbench import role
from tests.examples.conftest import Example
from tests.examples.fleet import Worker, working
from tests.readme import ROOT
from tools.terraform import Root

EXAMPLE = "outside-worker"
FOLDER = ROOT / "examples" / EXAMPLE
HIDDEN_SECONDS = 10
CHUNKS, NOT_TEXTS = 320, (7, 107, 207)
GROUP = 20
"""Chunks that are interfered with, in each of the ways: each is more than a twentieth of all."""
KILLED_AFTER = 9
"""Chunks that a worker begins before it is killed."""
RECOGNISED, ILLEGIBLE, DISTURBED = 60, (11, 41), 12
TOKEN = re.compile(r"(?<![a-z2-7])[a-z2-7]{64}(?![a-z2-7])")


def paragraphs() -> list[bytes]:
    texts = [f"chunk{n} is one of many\nthe second line of chunk{n}".encode() for n in range(CHUNKS)]
    return [text + b" \xff" if n in NOT_TEXTS else text for n, text in enumerate(texts)]


def counted(texts: list[bytes], without: tuple[int, ...]) -> dict[str, int]:
    """What all of them are merged into, but for some."""
    return dict(Counter(b" ".join(text for n, text in enumerate(texts) if n not in without).decode().split()))


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    """The example, built as its README says, whose rounds are short."""
    work = tmp_path_factory.mktemp(EXAMPLE)
    shutil.copytree(ROOT / "lambda_src", work / "lambda_src")
    shutil.copytree(FOLDER, work / "examples" / EXAMPLE)
    subprocess.run(["./build.sh"], cwd=work / "examples" / EXAMPLE, check=True)
    variables = {**EVERYWHERE, "package_path": str(work / "examples" / EXAMPLE / "outside.zip"), "round_seconds": 100}
    variables |= {"heartbeat_seconds": 45, "hidden_seconds": HIDDEN_SECONDS, "tolerated_failure_count": 2 * GROUP}
    variables |= {"reserved_concurrency": 8}
    with aws.running(work / "aws", LAMBDA_ASYNC_RETRY_BASE_SECONDS="0.3") as local:
        root = Root(FOLDER, work / "terraform", local.environment, variables)
        root.init()
        yield Example(local, root, root.apply())


@pytest.fixture(scope="module")
def instance(example: Example) -> Instance:
    return Instance(example.local, example.outputs["callback"])


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The worker in Node, with what its lock names."""
    folder = tmp_path_factory.mktemp("node")
    for name in ("worker.mjs", "package.json", "package-lock.json"):
        shutil.copy(FOLDER / name, folder)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return folder


@dataclass(frozen=True)
class Taken:
    """A chunk that the test took from the queue."""

    key: str
    token: str
    body: str
    receipt: str

    @property
    def number(self) -> int:
        return int(self.key[-8:])


class Interferer:
    """Somebody who takes chunks from their queue and reports what he likes."""

    def __init__(self, example: Example, instance: Instance) -> None:
        self._sqs, self._functions = example.local.client("sqs"), example.local.client("lambda")
        self._chunks, self._reports = example.outputs["chunks_queue_url"], example.outputs["reports"]
        self.tokens: list[str] = []

    def waiting(self) -> int:
        name = "ApproximateNumberOfMessages"
        return int(self._sqs.get_queue_attributes(QueueUrl=self._chunks, AttributeNames=[name])["Attributes"][name])

    def take(self, count: int) -> list[Taken]:
        taken: list[Taken] = []
        while len(taken) < count:
            most = min(10, count - len(taken))
            got = self._sqs.receive_message(QueueUrl=self._chunks, MaxNumberOfMessages=most, VisibilityTimeout=60)
            for message in got.get("Messages", []):
                chunk = json.loads(message["Body"])
                # These are to fail in every round.
                if (
                    one := Taken(chunk["key"], chunk["token"], message["Body"], message["ReceiptHandle"])
                ).number not in NOT_TEXTS:
                    taken.append(one)
        self.tokens += [one.token for one in taken]
        return taken

    def leave(self, chunk: Taken) -> None:
        """Have others receive it."""
        self._sqs.change_message_visibility(QueueUrl=self._chunks, ReceiptHandle=chunk.receipt, VisibilityTimeout=0)

    def remove(self, chunk: Taken) -> None:
        self._sqs.delete_message(QueueUrl=self._chunks, ReceiptHandle=chunk.receipt)

    def duplicate(self, chunk: Taken) -> None:
        self._sqs.send_message(QueueUrl=self._chunks, MessageBody=chunk.body)

    def say(self, token: str, **said: Any) -> str:
        """Report by invoking the function; return what became of it."""
        payload = json.dumps({"token": token, **said})
        answer = self._functions.invoke(FunctionName=self._reports["function_arn"], Payload=payload)
        return str(json.loads(answer["Payload"].read())["report"])

    def send(self, token: str, **said: Any) -> None:
        """Report by the queue."""
        self._sqs.send_message(QueueUrl=self._reports["queue_url"], MessageBody=json.dumps({"token": token, **said}))


def result_of(chunk: Taken) -> str:
    return json.dumps(Counter(paragraphs()[chunk.number].decode().split()))


def logged(instance: Instance, event: str) -> set[tuple[int, str]]:
    """The chunks, and the later rounds, that the processor has logged that of."""
    lines = [line for line in instance.logged("process") if line["event"] == event]
    return {(line["chunk"], line["fanin"]) for line in lines if "fanin" in line}


def left(instance: Instance) -> set[int]:
    """The chunks that were left pending."""
    return {chunk for chunk, _ in logged(instance, "chunk_left_pending")}


@dataclass(frozen=True)
class Ran:
    """A job that workers finished."""

    execution: Seen
    workers: list[Worker]
    interferer: Interferer
    heard: set[int]
    answers: Counter[str]


@pytest.fixture(scope="module")
def ran(example: Example, instance: Instance, node: Path) -> Iterator[Ran]:
    """320 chunks, by two workers in Python and two in Node; what was answered to 100 reports that interfere."""
    interferer, answers = Interferer(example, instance), Counter[str]()
    execution = instance.dropped("workers.txt", b"\n\n".join(paragraphs()))
    wait_for(lambda: interferer.waiting() == CHUNKS)
    failed, done, twice, silent, heard = (interferer.take(GROUP) for _ in range(5))
    for chunk in failed:
        answers[f"error: {interferer.say(chunk.token, error='OutOfPaper')}"] += 1
    for chunk in done:
        answers[f"result: {interferer.say(chunk.token, result=result_of(chunk))}"] += 1
        answers[f"error after it: {interferer.say(chunk.token, error='OutOfInk')}"] += 1
        interferer.send(chunk.token, error="OutOfInk")
    for chunk in twice:
        interferer.duplicate(chunk)
    for chunk in (*failed, *done, *twice):
        interferer.leave(chunk)
    for chunk in (*silent, *heard):
        interferer.remove(chunk)

    def left_pending() -> bool:
        for chunk in heard:
            interferer.say(chunk.token, heartbeat=True)
        return left(instance) >= {chunk.number for chunk in heard}

    with (
        role(example.local, example.outputs["worker_policy"]) as environment,
        working(*_fleet(example, node, environment)) as workers,
    ):
        wait_for(left_pending)
        for chunk in (*silent, *heard):
            answers[f"late: {interferer.say(chunk.token, result=result_of(chunk))}"] += 1
        ended = instance.ended(execution)
    yield Ran(ended, workers, interferer, {chunk.number for chunk in heard}, answers)


def _fleet(
    example: Example, node: Path, environment: dict[str, str]
) -> list[tuple[list[str], Path, dict[str, str], int]]:
    local = example.local.environment
    host = example.outputs["reports"]["url"].split("//")[1].split(".")[0]
    given = {
        **environment,
        "CHUNKS_QUEUE_URL": example.outputs["chunks_queue_url"],
        "REPORTS_QUEUE_URL": example.outputs["reports"]["queue_url"],
        "REPORTS_URL": f"{local['AWS_ENDPOINT_URL']}/_aws/lambda-url/{host}/",
        "NODE_EXTRA_CA_CERTS": local["AWS_CA_BUNDLE"],
        "HIDDEN_SECONDS": str(HIDDEN_SECONDS),
    }
    python, javascript = [sys.executable, str(FOLDER / "worker.py")], ["node", "worker.mjs"]
    return [
        # The first one sends a heartbeat with each line.
        (python, FOLDER, {**given, "BEAT_SECONDS": "0"}, KILLED_AFTER),
        (python, FOLDER, given, KILLED_AFTER),
        (javascript, node, given, KILLED_AFTER),
        (javascript, node, given, KILLED_AFTER),
    ]


def test_what_workers_reported_is_merged_into_what_an_independent_count_finds(ran: Ran, instance: Instance) -> None:
    print(ran.answers, [(worker.killed, len(worker.begun)) for worker in ran.workers])
    assert ran.execution.status == "SUCCEEDED", ran.execution.cause
    assert (ran.execution.output["chunks"], ran.execution.output["failed"]) == (CHUNKS, len(NOT_TEXTS))
    assert instance.merged(ran.execution) == counted(paragraphs(), NOT_TEXTS)
    assert ran.execution.resumed == 1


def test_workers_were_killed_while_they_worked_and_their_chunks_were_worked_on_again(ran: Ran) -> None:
    assert all(worker.killed >= 3 for worker in ran.workers), [worker.killed for worker in ran.workers]
    begun = Counter(key for worker in ran.workers for key in worker.begun)
    assert sum(times > 1 for times in begun.values()) >= GROUP


def test_the_first_report_counted_and_the_others_were_told_so(ran: Ran) -> None:
    assert ran.answers["error: recorded"] == GROUP
    assert (ran.answers["result: recorded"], ran.answers["error after it: contradicts"]) == (GROUP, GROUP)
    assert ran.answers["late: recorded"] + ran.answers["late: ended"] == 2 * GROUP


def test_a_chunk_that_was_heard_of_was_left_to_its_worker_in_the_next_round(ran: Ran, instance: Instance) -> None:
    assert ran.execution.states.count("AwaitChunks") >= 2
    assert len(ran.heard) == GROUP and ran.heard <= left(instance)
    again = logged(instance, "chunk_pending")
    both = again & logged(instance, "chunk_left_pending")
    assert len(again) >= GROUP and not ran.heard & {chunk for chunk, _ in both}


def test_what_a_service_recognised_is_merged_though_notices_come_twice_and_contradict(
    example: Example, instance: Instance, ran: Ran
) -> None:
    texts = [f"page{n} of a book\n{'illegible' if n in ILLEGIBLE else 'clear'}".encode() for n in range(RECOGNISED)]
    topic, sns = example.outputs["notices_topic_arn"], example.local.client("sns")
    mailbox = Mailbox(example.local, topic)
    arn = instance.dropped("pages.txt", b"\n\n".join(texts), by="recognition")
    disturbed = 0
    while disturbed < DISTURBED:
        notice = json.loads(wait_for(mailbox.take).text)
        ran.interferer.tokens.append(notice["JobTag"])
        if notice["Status"] == "SUCCEEDED":
            text = texts[int(notice["DocumentLocation"]["S3ObjectName"][-8:])]
            said = ran.interferer.say(notice["JobTag"], result=json.dumps(Counter(text.decode().split())))
            assert said in ("recorded", "ended")
            for status in ("SUCCEEDED", "FAILED"):
                sns.publish(TopicArn=topic, Message=json.dumps({**notice, "Status": status}))
            disturbed += 1
    execution = instance.ended(arn)
    mailbox.close()
    assert execution.status == "SUCCEEDED", execution.cause
    assert execution.output["failed"] == len(ILLEGIBLE)
    assert instance.merged(execution) == counted(texts, ILLEGIBLE)
    job = execution.output["job"]
    # The local AWS delivers a notification once, and tries none again that failed.
    wait_for(
        lambda: (
            sum(_count(instance, job, event) for event in ("report_contradicts", "report_too_late")) >= DISTURBED // 2
        )
    )


def _count(instance: Instance, job: str, event: str) -> int:
    return sum((line["event"], line.get("job")) == (event, job) for line in instance.logged("report"))


def test_nothing_was_undeliverable(example: Example, instance: Instance, ran: Ran) -> None:
    urls = example.local.client("sqs").list_queues()["QueueUrls"]
    dead = [url for url in urls if url.endswith(("-undelivered", "-dead"))]
    assert len(dead) == 2
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = [instance.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] for url in dead]
    assert [sum(map(int, one.values())) for one in found] == [0, 0]


def test_no_log_has_a_chunk_token(example: Example, instance: Instance, ran: Ran) -> None:
    assert len(set(ran.interferer.tokens)) > 5 * GROUP
    assert all(TOKEN.fullmatch(token) for token in ran.interferer.tokens)
    groups = [group["logGroupName"] for group in example.local.client("logs").describe_log_groups()["logGroups"]]
    logged = [event["message"] for group in groups for event in instance.log_events(group)]
    said = [line for worker in ran.workers for line in worker.said]
    assert len(logged) > CHUNKS and len(said) > CHUNKS
    assert [text for text in (*logged, *said, example.local.log.read_text()) if TOKEN.search(text)] == []


def test_a_second_plan_changes_nothing(example: Example) -> None:
    assert [changes(example.root), changes(example.root)] == [[], []]


def test_destroying_leaves_nothing(example: Example) -> None:
    assert example.destroyed() == ({}, {})
