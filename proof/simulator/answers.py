"""Who asks for a token after its verdict: nobody may that begins after its sender has ended, while nothing goes wrong.

Otherwise each chunk that fails after the verdict would use up the account's quota of answers.
"""

from proof.simulator.attempts import Event, Request
from proof.simulator.invariants import AGAIN, Violation


class Answers:
    """The tokens that have had their verdict, as each attempt could know it."""

    def __init__(self) -> None:
        self._had: frozenset[str] = frozenset()
        self._known: dict[Event, frozenset[str]] = {}
        self._taken: dict[Event, str] = {}

    def begins(self, event: Event) -> None:
        """An attempt begins."""
        self._known[event] = self._had

    def sends(self, event: Event, request: Request, taken: bool) -> None:
        """An attempt sends a verdict, which the token takes or not.

        Raises:
            Violation: it could have known that the token has had one.
        """
        token = str(request.arguments[0])
        if token in self._known[event]:
            raise Violation(AGAIN, f"{event} sends to {token}, which has had its verdict")
        if taken:
            self._taken[event] = token

    def ends(self, event: Event) -> None:
        """An attempt ends, and so all that it had to write down is written."""
        self._had |= {self._taken[event]} if event in self._taken else set()
