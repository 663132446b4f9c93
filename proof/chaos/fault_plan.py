"""What is done to the functions of an instance, and how often it was done."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass

PATH = "/_force"
"""Where the server is told of a plan (``PUT``), and tells what it has done (``GET``)."""

SERVICES = ("dynamodb", "s3", "states", "lambda")
"""Those that functions ask, as signatures name them."""


@dataclass(frozen=True)
class Plan:
    """What the server does from now on; without an instance, nothing.

    Args:
        instance: the ``name`` of the module's instance whose functions are hit.
        seed: of all chances.
        twice: whether each asynchronous event is delivered a second time, up to ``late_seconds`` later.
        throttled: the chance of each request, and of each invocation, to be refused with a throttle.
        lost: the chance of each request's answer to get lost: it has its effect, its client is told of an error.
    """

    instance: str = ""
    seed: int = 0
    twice: bool = False
    late_seconds: float = 0
    throttled: float = 0
    lost: float = 0

    def hits(self, function: object) -> bool:
        """Return whether the function of that name is one of the instance's."""
        return bool(self.instance) and str(function).startswith(f"{self.instance}-")


class Force:
    """A plan as it is carried out: its chances, and what was counted. Threads of all kinds use it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._lock = threading.Lock()
        self._chance = random.Random(plan.seed)
        self._counts: Counter[str] = Counter()
        self._last = time.monotonic()

    def roll(self) -> float:
        """Return a number from 0 to 1."""
        with self._lock:
            return self._chance.random()

    def count(self, what: str) -> None:
        """Count one more."""
        with self._lock:
            self._counts[what] += 1
            self._last = time.monotonic()

    def counts(self) -> dict[str, int]:
        """Return what was counted."""
        with self._lock:
            return dict(self._counts)

    def quiet_seconds(self) -> float:
        """Return how long ago something was counted."""
        with self._lock:
            return time.monotonic() - self._last
