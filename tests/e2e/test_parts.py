"""A document in parts on the local AWS: a Map Run of executions of the documents machine."""

import json
import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from emulator.state_machine import Seen
from proof.chaos.fault_plan import Plan
from proof.chaos.killer import Server
from tests.e2e.conftest import Instance, Stack
from tests.e2e.test_documents import counted

WORDS = [f"w{number:x}" for number in range(0, 4_000, 7)]
PAUSE = "!sleep 1\n"
"""In a chunk of each part, so that there is a process to be killed while it works, however fast the machine is."""
PART = 500_000
CHUNK = "800" if os.environ.get("HYPOTHESIS_PROFILE") == "prove" else "60000"
"""Thousands of chunks where there is time for them."""
KILLS = 2
"""As often as each chunk may be tried again: whichever are hit, all of them come to their ends."""


def a_text(size: int, part: int, seed: int) -> bytes:
    """Lines of words, about as many bytes; in each part there is a pause."""
    chance, lines, length = random.Random(seed), list[str](), 0
    while length < size:
        pause = PAUSE if length // part != (length - len(lines[-1]) if lines else -1) // part else ""
        lines.append(pause + " ".join(chance.choices(WORDS, k=60)) + "\n\n")
        length += len(lines[-1])
    return "".join(lines).encode()


class InParts(Instance):
    """An instance, by its machine of parts."""

    def __init__(self, of: Stack, name: str) -> None:
        super().__init__(of.local, of.instances[name].outputs)
        self.documents, self.machine = self.machine, self.outputs["state_machine_arns"]["parts"]

    def parts(self, parent: str) -> dict[int, str]:
        """How the executions of a document's parts are, by number."""
        pages = self.machines.get_paginator("list_executions").paginate(stateMachineArn=self.documents)
        named = [(one["name"].split("_"), one["status"]) for page in pages for one in page["executions"]]
        return {int(name[2]): status for name, status in named if name[:2] == ["part", parent]}

    def parent(self, execution: Seen) -> str:
        """The job whose parts they are: the one that the cut has logged for the document."""
        key = json.loads(execution.description["input"])["key"]
        (parent,) = {line["job"] for line in self.logged("cut") if line.get("key") == key and "parts" in line}
        return str(parent)


@pytest.fixture(scope="module")
def in_parts(stack: Stack) -> InParts:
    return InParts(stack, "force")


@contextmanager
def killing(server: Server, function: str, kills: int) -> Iterator[list[int]]:
    """Kill processes of a function while they work, until so many are dead or the block ends."""
    ended, killed = threading.Event(), list[int]()

    def kill() -> None:
        while len(killed) < kills and not ended.wait(0.3):
            busy = [one for one in server.look().workers if one["busy"] and one["function"] == function]
            for worker in busy[:1]:
                with suppress(ProcessLookupError):
                    os.kill(worker["pid"], signal.SIGKILL)
                    killed.append(worker["pid"])

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        ended.set()
        thread.join()


def test_a_document_of_many_chunks_in_parts_is_counted_right_while_processes_are_killed(
    stack: Stack, in_parts: InParts
) -> None:
    text = a_text(4 * 1024**2 + 100_000, PART, seed=16)
    server = Server(stack.local)
    server.put(Plan("force", seed=16))
    with killing(server, in_parts.outputs["function_names"]["process"], KILLS) as killed:
        begun = in_parts.dropped("many.txt", text, chunk_bytes=CHUNK, part_bytes=str(PART))
        execution = in_parts.ended(begun, seconds=1200)
    assert execution.status == "SUCCEEDED"
    output = execution.output
    assert output["parts"] >= 8 and output["chunks"] >= 70 and output["failed"] == 0
    assert in_parts.merged(execution) == counted(text.replace(PAUSE.encode(), b""))
    assert set(in_parts.parts(output["job"]).values()) == {"SUCCEEDED"}
    assert len(killed) == KILLS


def test_one_failed_part_stops_the_others_and_says_which_it_was(in_parts: InParts) -> None:
    pieces = [b"one two\n\n", b"!sleep 15\nthree\n\n", b"!fail\n\n", b"!sleep 15\nfour\n\n"]
    document: dict[str, Any] = {"bucket": in_parts.bucket, "key": "documents/one-fails.txt"}
    in_parts.s3.put_object(Bucket=document["bucket"], Key=document["key"], Body=b"".join(pieces))
    execution = in_parts.run(**document, options={"part_bytes": 8})
    assert (execution.status, execution.error) == ("FAILED", "ExceedToleratedFailureThreshold")
    assert "Part 2 failed first" in execution.cause and "!fail" in execution.cause
    parts = in_parts.parts(in_parts.parent(execution))
    assert parts[2] == "FAILED" and set(parts.values()) == {"SUCCEEDED", "ABORTED", "FAILED"}
