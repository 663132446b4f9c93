"""What all fan-ins have in common, and what is counted of them."""

from dataclasses import dataclass

from benchmarks.billing.prices import Usage
from sfn_callback.aws import clients
from sfn_callback.resume import MAX_TOKEN

TOKEN = "A" * MAX_TOKEN
"""As long as a token can be: the worst case for whoever keeps it in an item."""

EXPIRES = 1_796_744_403
"""When items expire, in each run: a number's size depends on its digits."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a fan-in over some chunks took.

    ``last`` is how many requests follow each other from the last chunk's end to the resumed machine. ``hottest`` is
    how often an item was written, ``largest`` how many bytes one had; those of ours without the job's own item, of
    which ``top`` says the same.
    """

    usage: Usage
    last: int
    hottest: int = 0
    largest: int = 0
    top: tuple[int, int] = (0, 0)


class Alternative:
    """A fan-in of few lines. All checks are repeated by whoever may be the last: chunk, splitter or waiting state.

    ``safe``: whether it survives events that come twice, and crashes between any two requests.

    Args:
        job: the job's id; its length counts in the sizes of items.
    """

    name: str
    safe = True
    most_chunks: int | None = None

    def __init__(self, job: str) -> None:
        self.job = job

    @classmethod
    def title(cls) -> str:
        """Return its name, and whether it should be used at all."""
        return cls.name if cls.safe else f"{cls.name} (unsafe)"

    def seal(self, total: int) -> None:
        """Hear how many chunks there are."""
        raise NotImplementedError

    def wait(self, token: str) -> None:
        """Hear the token of the state that waits."""
        raise NotImplementedError

    def done(self, slot: int) -> None:
        """Hear that a chunk is done."""
        raise NotImplementedError

    def expected(self, chunks: int) -> Counted:
        """Return what is counted when this many chunks are done one after another, after :meth:`wait`."""
        raise NotImplementedError

    def resume(self, token: str) -> None:
        """Resume the machine."""
        clients.stepfunctions().send_task_success(taskToken=token, output="{}")
