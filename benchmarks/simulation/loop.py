"""Events in the order of their time, rates that are shared, and environments that are made and used again."""

import heapq
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any


class Loop:
    """Calls what is due. ``now`` is in seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._number = count()

    def at(self, time: float, call: Callable[..., None], *arguments: Any) -> None:
        """Call later. What is due at the same time is called in the order in which it was asked for."""
        heapq.heappush(self._due, (time, next(self._number), call, arguments))

    def run(self) -> None:
        """Go on until nothing is due."""
        due, earliest = self._due, heapq.heappop
        while due:
            self.now, _, call, arguments = earliest(due)
            call(*arguments)


class Rate:
    """So many units a second, and so many at once; whoever finds none left waits its turn."""

    def __init__(self, loop: Loop, name: str, a_second: float, at_once: float = 1) -> None:
        self.name = name
        self.units = 0.0
        self._loop = loop
        self._a_second = a_second
        self._at_once = at_once
        self._next = -at_once / a_second

    def take(self, units: float = 1) -> float:
        """Take units; return when they are there."""
        self.units += units
        turn = max(self._next, self._loop.now - self._at_once / self._a_second)
        self._next = turn + units / self._a_second
        return max(self._next, self._loop.now)

    def offers(self) -> bool:
        """Take a unit if it is there; return whether it was."""
        turn = max(self._next, self._loop.now - self._at_once / self._a_second)
        if turn + 1 / self._a_second > self._loop.now:
            return False
        self.take()
        return True

    def used(self, seconds: float) -> float:
        """Return the part of it that was used in so many seconds."""
        return self.units / (seconds * self._a_second + self._at_once)


class Environments:
    """Places to run, of which there are few at first: an environment that is free is used again.

    Args:
        loop: the loop.
        ramp: gives new ones.
        most: at a time.
        cold_seconds: how long a new one takes to begin.
    """

    def __init__(self, loop: Loop, ramp: Rate, most: int, cold_seconds: float = 0) -> None:
        self._loop = loop
        self._ramp = ramp
        self._most = most
        self._cold_seconds = cold_seconds
        self._made = self._idle = 0
        self._growing = False
        self._waiting: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()

    def run(self, call: Callable[..., None], *arguments: Any) -> None:
        """Call when there is a place. Who is called gives it back with :meth:`free`."""
        if self._idle:
            self._idle -= 1
            self._loop.at(self._loop.now, call, *arguments)
        else:
            self._waiting.append((call, arguments))
            self._grow()

    def hurry(self, call: Callable[..., None], *arguments: Any) -> None:
        """As :meth:`run`, before all who wait."""
        if self._idle:
            self.run(call, *arguments)
        else:
            self._waiting.appendleft((call, arguments))
            self._grow()

    def free(self) -> None:
        """Give a place back."""
        self._idle += 1
        self._next(self._loop.now)

    def _grow(self) -> None:
        if self._waiting and self._made < self._most and not self._growing:
            self._growing = True
            self._loop.at(self._ramp.take(), self._grown)

    def _grown(self) -> None:
        self._growing = False
        self._made += 1
        self._idle += 1
        self._next(self._loop.now + self._cold_seconds)
        self._grow()

    def _next(self, time: float) -> None:
        if self._waiting and self._idle:
            self._idle -= 1
            call, arguments = self._waiting.popleft()
            self._loop.at(time, call, *arguments)
