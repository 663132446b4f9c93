"""What a durable function waits for, broken in one place each: by name, what is put in the place of what."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from proof.simulator.attempts import Ended, Event
from proof.simulator.durable import DurableFunction
from sfn_callback import resume
from sfn_callback.documents import redrive
from sfn_callback.documents.events import Job
from sfn_callback.fanin import protocol, verdict
from sfn_callback.fanin.items import FanIn, Ledger
from sfn_callback.resume import DURABLE_MARK, Delivery

_transfer_tokens = redrive.transfer_tokens


class _NewCallback(DurableFunction):
    """The callback is made beside what is recorded."""

    def _wait_token(self) -> str:
        return self._new_callback()


class _HandedOverAtOnce(DurableFunction):
    """That the hand-over begins is recorded as its end."""

    def give_up(self) -> Event | None:
        if not self.token:
            return super().give_up()
        self.entered += 1
        return self.invoked(Ended("null"))


class _Deaf(DurableFunction):
    """What has come before the hand-over has returned is not looked at."""

    def invoked(self, ended: Ended) -> Event | None:
        if ended.error or not self.token:
            return super().invoked(ended)
        self._handed_over = True
        return None


def _accepted_whenever(send: Callable[..., Delivery]) -> Callable[..., Delivery]:
    def sent(*given: Any) -> Delivery:
        send(*given)
        return Delivery.ACCEPTED

    return sent


def _unmarked(top: FanIn) -> FanIn:
    return replace(top, tokens=frozenset(token.removeprefix(DURABLE_MARK) for token in top.tokens))


def _answered_unmarked(ledger: Ledger, name: str, token: str, execution: str | None = None) -> FanIn:
    waiting = ledger.add_token(name, token, execution)
    verdict.deliver_if_decided(ledger, _unmarked(waiting))
    return waiting


def _transferred_unmarked(top: FanIn, again: Job) -> None:
    _transfer_tokens(_unmarked(top), again)


UNMARKED_ROUND = "the sweeper's round takes the callback over without its mark"

DURABLE_MUTATIONS: dict[str, dict[str, Any]] = {
    "a hand-over that is done again has a callback of its own": {"proof.simulator.world.DurableFunction": _NewCallback},
    "a hand-over that has begun is not done again": {"proof.simulator.world.DurableFunction": _HandedOverAtOnce},
    "an answer that comes before the hand-over has returned is lost": {"proof.simulator.world.DurableFunction": _Deaf},
    "a late answer is taken for accepted": {
        f"sfn_callback.resume.{send.__name__}": _accepted_whenever(send) for send in (resume.succeed, resume.fail)
    },
    "a late answer is an error": {"sfn_callback.resume.DURABLE": replace(resume.DURABLE, closed="")},
    "who hands over after the verdict answers without the mark": {
        "sfn_callback.documents.workflow.protocol": SimpleNamespace(**{**vars(protocol), "wait": _answered_unmarked})
    },
    UNMARKED_ROUND: {"sfn_callback.documents.redrive.transfer_tokens": _transferred_unmarked},
}
