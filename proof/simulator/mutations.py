"""Our own protocol, broken in one place each. Whoever proves that it is right must find each of these wrong."""

from types import SimpleNamespace
from typing import Any

from proof.simulator.requests import ask, current_event
from sfn_callback import fanin
from sfn_callback.fanin import FanIn, Ledger
from sfn_callback.resume import Outcome


def _only_who_filled_it(ledger: Ledger, name: str, slot: int) -> Outcome | None:
    group = ask("ledger", "mark_done_if_new", name, slot)
    return fanin.settle(ledger.climb(name, group)) if group and group.full else None


def _no_check_on_a_retry(ledger: Ledger, name: str, slot: int) -> Outcome | None:
    group = ledger.mark_done(name, slot)
    first = current_event().attempt == 1
    return fanin.settle(ledger.climb(name, group)) if first and group.full else None


def _failed_though_done(ledger: Ledger, name: str, slot: int, reason: str) -> Outcome | None:
    group = ask("ledger", "mark_failed_anyway", name, slot, reason)
    return fanin.settle(ledger.climb(name, group))


def _seal_without_check(ledger: Ledger, name: str, total: int, tolerated: int) -> None:
    groups = -(-total // fanin.GROUP_SIZE)
    if groups:
        ledger.set_size(name, groups - 1, total - (groups - 1) * fanin.GROUP_SIZE)
    ledger.seal(name, groups, total, tolerated)


def _wait_without_check(ledger: Ledger, name: str, token: str) -> FanIn:
    return ledger.add_token(name, token)


def _last_token_counts(_: Ledger, name: str, token: str) -> FanIn:
    waiting: FanIn = ask("ledger", "put_token", name, token)
    fanin.settle(waiting)
    return waiting


def _ours(**broken: Any) -> Any:
    return SimpleNamespace(**{**vars(fanin), **broken})


MUTATIONS: dict[str, Any] = {
    "check only when my write filled the group": _ours(chunk_done=_only_who_filled_it),
    "skip the check on a retry": _ours(chunk_done=_no_check_on_a_retry),
    "failure without the re-check": _ours(chunk_failed=_failed_though_done),
    "seal without a check": _ours(seal=_seal_without_check),
    "wait without a check": _ours(wait=_wait_without_check),
    "the last token counts": _ours(wait=_last_token_counts),
}
