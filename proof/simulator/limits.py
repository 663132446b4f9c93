"""What AWS refuses although nothing is broken: quotas of the account and of an item, made small for small jobs.

Their clock is the scheduler: they are filled again by its steps. ``testing/quotas.py`` has AWS's own numbers.
"""

from collections import defaultdict

from proof.simulator.attempts import Request
from testing.quotas import Bucket

_GROUPS = ("mark_done", "mark_failed", "set_size")
_TOPS = ("climb", "seal", "add_token", "again", "close")


class Limits:
    """An account whose answers others use up as well, and items that take two updates in a row."""

    def __init__(self) -> None:
        self._now = 0.0
        self._answers = Bucket(1, 1 / 12, self._clock)
        self._items = defaultdict[tuple[str, str], Bucket](lambda: Bucket(2, 1 / 3, self._clock))

    def step(self) -> None:
        """Let time pass."""
        self._now += 1

    def refuses(self, request: Request) -> bool:
        """Count a request; return whether it is one too many."""
        if request.service in ("states", "callbacks"):
            return not self._answers.take()
        if request.service == "ledger" and request.call in (*_GROUPS, *_TOPS, "count_failures"):
            return not self._items[str(request.arguments[0]), _item(request)].take()
        return False

    def _clock(self) -> float:
        return self._now


def _item(request: Request) -> str:
    # All groups of a job share one here, which is harsher than DynamoDB.
    return "group" if request.call in _GROUPS else "top" if request.call in _TOPS else "section"
