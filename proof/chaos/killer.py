"""The hand that applies the force: tells the server its plan, and kills function processes while they work."""

import json
import os
import random
import signal
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import urllib3

from emulator.aws import LocalAws
from proof.chaos.fault_plan import PATH, Plan

OPTIONS = {"SFN_CALLBACK_SERVER_PLUGIN": "proof.chaos.server", "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.3"}
"""With these the local AWS is one that can be told plans, and an event's attempts follow each other at once."""


@dataclass(frozen=True)
class Told:
    """What the server tells: its counts, how long there was nothing to do, and the function processes."""

    counts: dict[str, int]
    quiet_seconds: float
    workers: list[dict[str, Any]]


class Server:
    """The local AWS's server, with :mod:`proof.chaos.server` in it."""

    def __init__(self, aws: LocalAws) -> None:
        self._url = f"{aws.environment['AWS_ENDPOINT_URL']}{PATH}"
        self._https = urllib3.PoolManager(ca_certs=aws.environment["AWS_CA_BUNDLE"])

    def put(self, plan: Plan) -> None:
        """Have the plan carried out from now on."""
        self._told("PUT", json.dumps(asdict(plan)).encode())

    def look(self) -> Told:
        """Return what it tells now."""
        told = self._told("GET")
        return Told(told["counts"], told["quiet_seconds"], told["workers"])

    def _told(self, method: str, body: bytes | None = None) -> Any:
        answer = self._https.request(method, self._url, body=body)
        if answer.status != 200:
            raise RuntimeError(f"{PATH} answers {answer.status}: the server runs without proof.chaos.server.")
        return answer.json()


class Killer:
    """Kills function processes at random moments while the ``with`` block runs, and once all of them.

    Args:
        server: knows them.
        chance: of moments and victims.
        kills: how many at the most, one by one.
        pause_seconds: between two of them, on the average.
    """

    def __init__(self, server: Server, chance: random.Random, kills: int, pause_seconds: float) -> None:
        self._server = server
        self._chance = chance
        self._kills = kills
        self._pause_seconds = pause_seconds
        self._killed: Counter[str] = Counter()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.counts = Counter({"killed": 0, "restarts": 0, "ended by a restart": 0})

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while self._is_to_do() and not self._ended.wait(self._chance.expovariate(1 / self._pause_seconds)):
            if self.counts["killed"] < self._kills:
                self._kill_one()
            if self.counts["killed"] >= self._kills / 2 and not self.counts["restarts"]:
                self._restart()

    def _is_to_do(self) -> bool:
        return self.counts["killed"] < self._kills or not self.counts["restarts"]

    def _kill_one(self) -> None:
        # What waits for an answer, or has no third attempt to lose, is tried three times: one kill of it is left to
        # the restart. The chunks are many, and each of them may come to the end of its attempts.
        victims = [
            worker
            for worker in self._server.look().workers
            if worker["busy"] and (worker["function"].endswith("-process") or not self._killed[worker["function"]])
        ]
        if victims:
            victim = self._chance.choice(victims)
            self._killed[victim["function"]] += 1
            self.counts["killed"] += _kill(victim)

    def _restart(self) -> None:
        # Early on, the ones that were killed may have been all that there were.
        ended = sum(map(_kill, self._server.look().workers))
        self.counts["restarts"] += bool(ended)
        self.counts["ended by a restart"] += ended


def _kill(worker: dict[str, Any]) -> bool:
    with suppress(ProcessLookupError):
        os.kill(worker["pid"], signal.SIGKILL)
        return True
    return False
