import io
import json
import os
import random
import re
import signal
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from sfn_callback import demo
from sfn_callback.contract import Chunk
from sfn_callback.errors import ChunkRejected, DocumentNotText, InputInvalid, WorkFailed
from testing.aws import make_table

JOB = "20260131T235959Z-0123456789ab"


def opened(text: str | bytes, **options: str) -> Any:
    body = text if isinstance(text, bytes) else text.encode()
    known = {"bucket": "b", "key": "documents/d.txt", "size": len(body), "options": options}
    return type("Opened", (io.BufferedReader,), known)(io.BytesIO(body))


def split(text: str | bytes, **options: str) -> list[bytes]:
    return list(demo.split(opened(text, **options)))


def run(text: str) -> dict[str, Any]:
    merged: Any = demo.merge(demo.process(chunk) for chunk in split(text))
    assert merged.content_type == "application/json"
    summary: dict[str, Any] = json.loads(merged.body)
    return summary


def test_small_paragraphs_are_gathered_and_large_ones_are_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHUNK_BYTES", "20")
    assert split("one\n\ntwo\n\nthree and more than twenty bytes\n\nfour\n") == [
        b"one\n\ntwo\n\n",
        b"three and more than twenty bytes\n\n",
        b"four\n",
    ]


def test_with_no_chunk_bytes_each_paragraph_is_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHUNK_BYTES", "0")
    assert len(split("one\nstill one\n\n \t\n\ntwo\r\n\r\nthree")) == 3


def test_a_documents_option_says_how_large_its_chunks_are() -> None:
    assert len(split("one\n\ntwo\n\nthree", chunk_bytes="1")) == 3
    assert len(split("one\n\ntwo\n\nthree", chunk_bytes="10")) == 2


def test_an_empty_document_has_no_chunks() -> None:
    assert split("") == []
    assert run("") == {"words": 0, "distinct": 0, "top": []}


def test_a_directive_is_a_chunk_by_itself() -> None:
    assert split("a\n\n!sleep 0\nb\n\nc\n") == [b"a\n\n", b"!sleep 0\nb\n\n", b"c\n"]


def test_the_directive_line_is_not_counted() -> None:
    assert run("!sleep 0\nsleep well\n")["top"] == [["sleep", 1], ["well", 1]]


def test_a_word_that_only_looks_like_a_directive_is_text() -> None:
    assert run("!failure is an option")["words"] == 4


def test_ties_are_in_alphabetical_order_and_only_twenty_are_shown() -> None:
    words = [f"word{number:02}" for number in range(30)]
    random.Random(1).shuffle(words)
    summary = run(" ".join(words) + " Zebra zebra")
    assert summary["top"] == [["zebra", 2]] + [[f"word{number:02}", 1] for number in range(19)]
    assert (summary["words"], summary["distinct"]) == (32, 31)


@given(st.text(st.sampled_from("aB'\n\r \té!ß-İΣ.")), st.integers(0, 40))
def test_the_counts_are_those_of_the_whole_text(text: str, chunk_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHUNK_BYTES", str(chunk_bytes))
        counts = Counter(word.lower() for word in re.findall(r"[\w']+", text))
        assert run(text)["words"] == counts.total()
        assert run(text)["distinct"] == len(counts)


def test_a_paragraph_without_end_is_cut_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "LONGEST", 100)
    text = "word," * 1000
    chunks = split(text)
    assert max(map(len, chunks)) < 5000
    assert b"".join(chunks).decode() == text
    assert run(text)["top"] == [["word", 1000]]


def in_parts(text: str, part_bytes: int) -> tuple[list[bytes], bytes]:
    """Return the parts of a text, and what is merged of them when each is split, processed and combined by itself."""
    body = text.encode()
    parts = [body[start:end] for start, end in demo.parts(opened(body, part_bytes=str(part_bytes)))]
    combined = [demo.combine(map(demo.process, split(part))) for part in parts]
    merged: Any = demo.merge(combined)
    return parts, merged.body


@given(st.text(st.sampled_from("aB'\n\r \té-ß—İΣ."), max_size=60), st.integers(1, 20), st.sampled_from([0, 4, 40]))
def test_parts_that_are_merged_by_themselves_give_what_the_whole_text_gives(
    text: str, part_bytes: int, chunk_bytes: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHUNK_BYTES", str(chunk_bytes))
        parts, merged = in_parts(text, part_bytes)
        assert json.loads(merged) == run(text)
        assert b"".join(parts) == text.encode()


def test_more_words_than_are_shown_are_counted_over_parts() -> None:
    # No part has `late` among its twenty, and the text has.
    pages = [
        " ".join([f"word{page}{number:02}" for number in range(20) for _ in range(2)] + ["late"]) for page in "abc"
    ]
    text = "\n".join(pages)
    parts, merged = in_parts(text, 100)
    assert len(parts) == 3
    assert json.loads(merged) == run(text)
    assert json.loads(merged)["top"][0] == ["late", 3]


def test_parts_are_8_mb_where_the_document_does_not_say_how_large() -> None:
    text = b"nine more\n" * 1_700_000
    assert list(demo.parts(opened(text))) == [(0, 8_388_610), (8_388_610, 16_777_220), (16_777_220, 17_000_000)]


def test_a_document_that_is_no_text_is_named_with_the_way_out() -> None:
    with pytest.raises(DocumentNotText, match=r"s3://b/documents/d\.txt is not UTF-8 text.*variable `workload`"):
        split(b"%PDF-1.7 \xff\xfe")


def test_fail_raises_and_reject_says_that_retrying_is_pointless() -> None:
    with pytest.raises(RuntimeError, match="!fail"):
        demo.process(b"!fail\n")
    with pytest.raises(ChunkRejected):
        demo.process(b"!reject\n")


def test_sleep_sleeps(no_pauses: list[float]) -> None:
    demo.process(b"!sleep 1.5\n")
    assert no_pauses == [1.5]


def test_crash_kills_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *what: killed.append(what))
    demo.process(b"!crash\n")
    assert killed == [(os.getpid(), signal.SIGKILL)]


def test_once_fails_at_the_first_attempt_only() -> None:
    chunk = Chunk(b"!once\nhello\n", JOB, 3)
    with mock_aws():
        make_table()
        with pytest.raises(RuntimeError, match="!once"):
            demo.process(chunk)
        assert demo.process(chunk) == b'{"hello": 1}'


def test_a_task_is_done_by_chance_and_the_same_for_the_same_seed() -> None:
    outcomes = [_outcome(seed) for seed in range(200)]
    assert outcomes == [_outcome(seed) for seed in range(200)]
    assert 100 < outcomes.count("done") < 180
    assert outcomes.count("done") + outcomes.count("ProcessingFailed") == 200


def _outcome(seed: int) -> str:
    try:
        demo.work({"seed": seed})
    except WorkFailed as failed:
        return failed.error
    return "done"


def test_a_task_that_is_neither_done_nor_fails_raises() -> None:
    with pytest.raises(RuntimeError, match="neither done nor a failure"):
        demo.work({"done_chance": 0, "fail_chance": 0})


def test_a_task_fails_by_the_name_that_it_is_given() -> None:
    with pytest.raises(WorkFailed) as caught:
        demo.work({"done_chance": 0, "fail_chance": 1, "error": "OutOfPaper"})
    assert caught.value.error == "OutOfPaper"


@pytest.mark.parametrize("chance", [-0.1, 1.1, "half", True, None])
def test_a_chance_that_is_none_is_named(chance: object) -> None:
    with pytest.raises(InputInvalid, match="'done_chance' must be a number from 0 to 1"):
        demo.work({"done_chance": chance})
