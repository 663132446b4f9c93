"""One run: drop documents, apply force until their executions have ended, let everything come to rest, and look."""

import json
import random
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from emulator.state_machine import Seen
from proof.chaos import ledger, outcomes
from proof.chaos.fault_plan import SERVICES, Plan
from proof.chaos.instance import Place
from proof.chaos.killer import Killer, Server
from proof.chaos.texts import Text

_PAUSE_SECONDS = 0.5
_REST_SECONDS = 3
"""Longer than any pause between an event's two deliveries, or between its attempts."""
_QUIET_LOOKS = 3
"""So many in a row: the first may be served before what was overdue at a server that had stalled."""


@dataclass(frozen=True)
class Load:
    """What is run, and how hard it is hit.

    Args:
        texts: the documents, dropped at once.
        plan: what the server does.
        kills: how many processes are killed one by one, at the most, ``pause_seconds`` after each other on the average.
        patience_seconds: after which an execution that still runs is one that hangs.
    """

    texts: list[Text]
    plan: Plan
    kills: int
    pause_seconds: float
    patience_seconds: float = 600


@dataclass(frozen=True)
class Report:
    """What was injected, what was seen, and by its kind what must not be."""

    injected: Mapping[str, int]
    seen: Mapping[str, int]
    problems: Mapping[str, list[str]]

    @property
    def missed(self) -> list[str]:
        """What the run was to inject and did not: then it proves nothing."""
        once = [name for name, count in self.injected.items() if not count]
        return once + ["events twice"] * (self.injected["events delivered again"] != self.seen["events"])


def run(place: Place, load: Load) -> Report:
    """Run it."""
    server, before, failed = Server(place.aws), set(place.executions()), place.first_attempts_failed()
    server.put(load.plan)
    killing = Killer(server, random.Random(load.plan.seed), load.kills, load.pause_seconds)
    with place.impatient(), killing as killer:
        with ThreadPoolExecutor() as pool:
            list(pool.map(place.drop, load.texts))
        _wait_for_rest(place, server, load)
    counts = Counter({**server.look().counts, **killer.counts})
    counts["first attempts"] = place.first_attempts_failed() - failed
    server.put(Plan())
    seen = [execution.look() for arn, execution in place.executions().items() if arn not in before]
    return _report(place, load, seen, counts)


def _wait_for_rest(place: Place, server: Server, load: Load) -> None:
    deadline, looks = time.monotonic() + load.patience_seconds, 0
    while looks < _QUIET_LOOKS and time.monotonic() < deadline:
        at_rest = not place.not_started() and not place.running()
        quiet = at_rest and server.look().quiet_seconds >= _REST_SECONDS
        looks = looks + 1 if quiet else 0
        time.sleep(_PAUSE_SECONDS)


def _report(place: Place, load: Load, seen: list[Seen], counts: Counter[str]) -> Report:
    world = place.world()
    ended = [(text, [one for one in seen if _is_of(text, one)]) for text in load.texts]
    wrong_results = [text.name for text, ones in ended for one in ones if outcomes.wrong_result(text, one, world)]
    problems = {
        "wrong ends": [problem for text, ones in ended for problem in outcomes.wrong_ends(text, ones, world)],
        "wrong results": wrong_results,
        "open orphans": ledger.open_orphans(world.fanins, world.objects),
        "events given up": [f"an event is in the queue {place.name}-undelivered"] * place.undelivered(),
    }
    return Report(_injected(counts), _seen(load, seen, counts), problems)


def _is_of(text: Text, seen: Seen) -> bool:
    return bool(json.loads(seen.description["input"])["key"] == f"documents/{text.name}")


def _injected(counts: Counter[str]) -> dict[str, int]:
    return {
        "function processes killed": counts["killed"],
        "restarts of all function processes": counts["restarts"],
        "function processes ended by these": counts["ended by a restart"],
        "invocations that died": counts["died"],
        "events delivered again": counts["duplicates"],
        "first attempts failed": counts["first attempts"],
        "invocations over the cap": counts["over the cap"],
        "invocations throttled": counts["throttled invocations"],
        "requests throttled": _sum(counts, "throttled"),
        "answers lost": _sum(counts, "lost"),
    }


def _sum(counts: Counter[str], what: str) -> int:
    return sum(counts[f"{what} {service}"] for service in SERVICES)


def _seen(load: Load, seen: list[Seen], counts: Counter[str]) -> dict[str, int]:
    return {
        "documents": len(load.texts),
        "executions": len(seen),
        "executions that failed as their ledgers imply": sum(one.status == "FAILED" for one in seen),
        "rounds": sum(len(outcomes.rounds(one)) for one in seen),
        "chunks": sum(text.chunks for text in load.texts),
        "events": counts["events"],
        "invocations": counts["invocations"],
        "function processes started": counts["started"],
    }
