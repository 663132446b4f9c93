"""How long a command waits: it checks again, less and less often, until the wait or the time is over."""

import time

from sfn_callback_operator.errors import LATE, OperatorError

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 5.0
"""Step Functions gives an account 20 looks at a history a second, to all who look."""


class PollTimer:
    """The pauses between checks, ``seconds`` long in all; without an end if that is ``None``."""

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = seconds
        self._began = time.monotonic()
        self._pause = _FIRST_PAUSE_SECONDS

    def pause(self, otherwise: str) -> None:
        """Wait until it is time for the next check.

        Raises:
            OperatorError: the time is over; ``otherwise`` says what to do then.
        """
        left = _LONGEST_PAUSE_SECONDS if self._seconds is None else self._began + self._seconds - time.monotonic()
        if left <= 0:
            raise OperatorError(f"It has not ended within {self._seconds:g} seconds, and continues. {otherwise}", LATE)
        time.sleep(min(self._pause, left))
        self._pause = min(self._pause * 1.2, _LONGEST_PAUSE_SECONDS)
