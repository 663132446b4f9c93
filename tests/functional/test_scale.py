"""Bad input at scale: each document ends in the right result, or in an error of a name."""

import json
import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback import demo
from sfn_callback.aws import clients
from sfn_callback.documents import events, workflow
from sfn_callback.errors import DocumentNotText, TooManyChunks
from sfn_callback.fanin import ledger
from sfn_callback.handlers import process, split, start
from sfn_callback.log_events import LogEvent
from testing.environment import BUCKET, TABLE
from testing.events import created
from testing.memory_ledger import MemoryLedger
from testing.memory_objects import MemoryObjects
from tests.conftest import examples, set_variables
from tests.functional.conftest import Deployment

LONG = demo.LONGEST


def counted(text: str) -> dict[str, Any]:
    """What the demo workload should find, without any of its code."""
    counts = Counter(word.lower() for word in re.findall(r"[\w']+", text))
    top = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:20]
    return {"words": counts.total(), "distinct": len(counts), "top": [list(entry) for entry in top]}


def ended(deployment: Deployment, body: bytes) -> dict[str, Any]:
    """The document's merged result."""
    deployment.run(body)
    return deployment.merged()


SMALL = [
    "",
    "x",
    "\n",
    " \t\r\n\x0b\x0c\x1c\x85\u2028",
    "\x00",
    "\ufeffbegins with a mark",
    "ends in the middle of a line",
    "\n\n\n\n",
    "one\r\n\r\ntwo\rthree\r\r",
    "\U0001f469\u200d\U0001f680 n\u0303 \u0130 \ufb01 ß",
]


def test_a_small_document_is_counted(deployment: Deployment) -> None:
    found = {}
    for text in SMALL:
        deployment.machine.verdicts.clear()
        found[text] = ended(deployment, text.encode())
    assert found == {text: counted(text) for text in SMALL}


def test_a_document_that_is_not_utf_8_is_refused_by_name_wherever_that_shows(deployment: Deployment) -> None:
    for end in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xc0\x80", "x".encode("utf-16")):
        for before in (b"", b"text\n\n", b"x" * 9_000, b"word " * 300_000):
            with pytest.raises(DocumentNotText, match="is not UTF-8 text"):
                deployment.split(before + end)


def test_one_enormous_line_is_cut_between_words(deployment: Deployment) -> None:
    text = " ".join(f"w{number % 1_000}" for number in range(600_000))
    assert len(text) > 8 * LONG
    assert ended(deployment, text.encode()) == counted(text)
    assert deployment.job["chunks"] <= len(text) // LONG + 1


def test_one_enormous_word_is_cut_where_it_must_be(deployment: Deployment) -> None:
    counted_words = ended(deployment, b"x" * (2 * LONG + 1))
    assert (deployment.job["chunks"], counted_words["words"]) == (2, 2)


def test_more_chunks_than_are_allowed_are_refused_and_say_what_to_change(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, a_chunk_for_each_paragraph: None
) -> None:
    set_variables(monkeypatch, MAX_CHUNKS=5)
    assert deployment.split(b"x\n\n" * 5)["chunks"] == 5
    with pytest.raises(TooManyChunks, match=r"more than 5 chunks.*`max_chunks`"):
        deployment.split(b"x\n\n" * 6)


def test_the_ledgers_own_limit_holds_whatever_is_allowed(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, a_chunk_for_each_paragraph: None
) -> None:
    set_variables(monkeypatch, MAX_CHUNKS=5)
    monkeypatch.setattr("sfn_callback.fanin.items.MAX_SLOTS", 4)
    with pytest.raises(TooManyChunks, match="more than 4 chunks"):
        deployment.split(b"x\n\n" * 5)


def test_nothing_more_is_read_of_a_document_with_too_many_chunks(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, MAX_CHUNKS=100)
    taken = 0

    def endless(_: Any) -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x"

    monkeypatch.setattr("sfn_callback.demo.split", endless)
    with pytest.raises(TooManyChunks):
        deployment.split(b"")
    assert taken == 101
    assert len(deployment.keys("chunks/")) <= 100


def test_what_was_processed_of_a_refused_document_resumes_nobody(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, a_chunk_for_each_paragraph: None
) -> None:
    set_variables(monkeypatch, MAX_CHUNKS=5)
    with pytest.raises(TooManyChunks) as caught:
        deployment.split(b"!reject\n\n" * 6)
    there = deployment.keys("chunks/")
    assert there
    for key in there:
        deployment.deliver(created(key))
    assert deployment.machine.calls == 0
    report = deployment.record_failure("TooManyChunks", str(caught.value))
    assert (report["error"], "max_chunks" in report["cause"]) == ("TooManyChunks", True)


@pytest.fixture
def objects(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> MemoryObjects:
    """Bucket and ledger in memory: for 10,000 chunks moto's ledger takes 100 seconds of CPU, and proves it as well."""
    kept, items = MemoryObjects(), MemoryLedger()
    monkeypatch.setattr(clients, "s3", lambda: kept)
    if os.environ.get("HYPOTHESIS_PROFILE") != "prove":
        monkeypatch.setattr(ledger, "connect", lambda: items)
    return kept


@pytest.mark.prove
def test_ten_thousand_chunks_are_merged_in_order_byte_for_byte(
    deployment: Deployment, objects: MemoryObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = [f"{number:05}\n".encode() for number in range(10_000)]
    monkeypatch.setattr("sfn_callback.demo.split", lambda _: iter(pieces))
    monkeypatch.setattr("sfn_callback.demo.process", bytes.upper)
    monkeypatch.setattr("sfn_callback.demo.merge", lambda results: results)
    objects.put_object(Bucket=BUCKET, Key="documents/d.txt", Body=b"")
    deployment.job = split.handler({"document": {"bucket": BUCKET, "key": "documents/d.txt"}}, None)
    deployment.await_chunks()
    keys = [key for key in objects.bodies if key.startswith("chunks/")]
    random.Random(1).shuffle(keys)
    for at in range(0, 10_000, 50):
        # An event may have several records, and come twice.
        records = [record for key in keys[at : at + 50] for record in created(key)["Records"]]
        process.handler({"Records": records + records[:1]}, None)
    output = deployment.merge()
    assert (output["chunks"], output["failed"]) == (10_000, 0)
    assert objects.bodies[output["result"]["key"]] == b"".join(pieces)
    assert len(deployment.machine.verdicts) == 1


ODD_KEYS = [
    "a b c.txt",
    " begins and ends with a space ",
    "1+1=2&a=b?c#d%20%2B.txt",
    "100%",
    "%",
    "%00%ff%zz",
    "größe/日本語/\u202eright to left.txt",
    "n\u0303 and \u00f1 are two names",
    "\U0001f469\u200d\U0001f680",
    "\x01\x1f\x7f\u0080\u009f",
    "tab\tnewline\ncarriage\r",
    "\"quotes' <and> {braces} [brackets] `ticks` ^|\\~",
    "!-_.*'();:@$,",
    "a//b",
    "//",
    "..",
    "../../escape",
    "a/./b/../c",
    ".",
    "-",
    "_____",
    "chunks/20260131T235959Z-0123456789ab/00000000",
    "\ufffe\uffff\U0010ffff",
    "x" * 1_014,
    "日" * 338,
]
"""What S3 takes, with and against its advice: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""


class Starts:
    """Takes executions, by the rules that Step Functions has for their names and inputs."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:
        # https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name)
        assert len(input.encode()) < 262_144
        assert name not in self.inputs
        self.inputs[name] = json.loads(input)


def test_every_key_that_s3_takes_is_split_and_merged(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    starts = Starts()
    for number, odd in enumerate(ODD_KEYS):
        key = f"documents/{odd}"
        assert len(key.encode()) <= 1_024
        version = deployment.s3.put_object(Bucket=BUCKET, Key=key, Body=b"w%d" % number)["VersionId"]
        with monkeypatch.context() as starting:
            starting.setattr(clients, "stepfunctions", lambda: starts)
            (name,) = start.handler(dropped(key, version), None)["executions"]
        deployment.machine.verdicts.clear()
        deployment.job = split.handler({"document": starts.inputs[name]}, None)
        deployment.await_chunks(f"token of {number}")
        deployment.deliver_all()
        assert deployment.merged()["top"] == [[f"w{number}", 1]]
    assert len(starts.inputs) == len(ODD_KEYS)


def dropped(key: str, version: str) -> dict[str, Any]:
    event = sized(created(key), 3)
    event["Records"][0]["s3"]["object"]["versionId"] = version
    return event


def sized(event: dict[str, Any], size: int) -> dict[str, Any]:
    event["Records"][0]["s3"]["object"]["size"] = size
    return event


keys = st.text(st.characters(codec="utf-8"), min_size=1, max_size=300).map(
    lambda text: f"documents/{text.encode()[:1_000].decode(errors='ignore')}x"
)


@examples()
@given(keys)
def test_any_key_comes_through_s3s_event_as_it_was_and_names_an_execution(key: str) -> None:
    starts = Starts()
    (drop,) = events.drops(created(key))
    assert drop.document.key == key
    starts.start_execution(
        stateMachineArn="", name=workflow.execution_name(drop), input=json.dumps(drop.document.as_input())
    )


@pytest.mark.parametrize(("size", "started"), [(0, 0), (3, 1)])
def test_a_document_whose_name_ends_in_a_slash_is_no_folder(size: int, started: int) -> None:
    assert len(events.drops(sized(created("documents/a/"), size))) == started


def test_a_stray_key_with_an_impossible_time_is_left_alone(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    process.handler(created("chunks/20269999T999999Z-0123456789ab/00000000"), None)
    assert LogEvent.CHUNK_KEY_IGNORED in capsys.readouterr().out
    assert boto3.client("dynamodb").scan(TableName=TABLE)["Items"] == []
