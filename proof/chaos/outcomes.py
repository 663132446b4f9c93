"""Whether an execution has ended right.

It has succeeded: its token was answered once, with success, its ledger implies that, every chunk has a result, and the
merged result is what it should be, byte for byte. Or it has failed where its machine says so, with ``ChunksFailed``:
its ledger implies that, its report says so too, and names the chunks, and those without a result. All else is wrong.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.state_machine import Seen
from proof.chaos.ledger import FanIn
from proof.chaos.texts import Text


@dataclass(frozen=True)
class World:
    """What is there when everything has come to rest.

    ``objects`` are the keys in the bucket; ``merged`` and ``reports`` the bodies under ``merged/`` and ``failures/``.
    """

    fanins: Mapping[str, FanIn]
    objects: set[str]
    merged: Mapping[str, bytes]
    reports: Mapping[str, bytes]


def rounds(seen: Seen) -> list[dict[str, Any]]:
    """Return the job as it was at the begin of each round."""
    entered = [event["stateEnteredEventDetails"] for event in seen.events if "stateEnteredEventDetails" in event]
    return [json.loads(state["input"])["split"]["job"] for state in entered if state["name"] == "AwaitChunks"]


def wrong_ends(text: Text, ended: list[Seen], world: World) -> list[str]:
    """Return what is wrong with the executions of a document."""
    if len(ended) != 1:
        return [f"{text.name} has {len(ended)} executions"]
    problems = {"SUCCEEDED": _success, "FAILED": _failure}.get(ended[0].status, _neither)(text, ended[0], world)
    return [f"{text.name}: {problem}" for problem in problems]


def wrong_result(text: Text, seen: Seen, world: World) -> bool:
    """Return whether an execution has succeeded with something else than what should come out."""
    return seen.status == "SUCCEEDED" and world.merged.get(seen.output["result"]["key"]) != text.merged


def _success(text: Text, seen: Seen, world: World) -> Iterator[str]:
    output, last = seen.output, rounds(seen)[-1]
    if (output["job"], output["chunks"], output["failed"]) != (last["job"], text.chunks, 0):
        yield f"its output is {output}"
    if seen.resumed != 1:
        yield f"its token was answered with success {seen.resumed} times"
    if world.fanins[last["fanin"]].verdict() != "success":
        yield f"it has succeeded, and {last['fanin']} does not imply that"
    missing = _missing(last["job"], text, world)
    if missing:
        yield f"it has succeeded, and chunks have no result: {sorted(missing)}"


def _failure(text: Text, seen: Seen, world: World) -> Iterator[str]:
    if seen.error != "ChunksFailed" or not seen.by_a_branch:
        yield f"it has failed with {seen.error}: {seen.cause}"
        return
    last = rounds(seen)[-1]
    fanin = world.fanins[last["fanin"]]
    if fanin.verdict() != "failure":
        yield f"it has failed, and {fanin.name} does not imply that"
    end = f"/{seen.description['name']}.json"
    report = json.loads(next((body for key, body in world.reports.items() if key.endswith(end)), b"{}"))
    if (report.get("error"), report.get("cause")) != (seen.error, seen.cause):
        yield f"its report says {report.get('error')}: {report.get('cause')}"
    if not report.get("failed") or not set(report["failed"]) <= fanin.reasons:
        yield f"its report names {report.get('failed')}, and its ledger {sorted(fanin.reasons)}"
    if not _missing(last["job"], text, world) <= set(report.get("without_result", ())):
        yield "its report names not all chunks without a result"


def _neither(_text: Text, seen: Seen, _world: World) -> Iterator[str]:
    yield f"it is {seen.status}: {seen.error}"


def _missing(job: str, text: Text, world: World) -> set[int]:
    return {index for index in range(text.chunks) if f"results/{job}/{index:08d}" not in world.objects}
