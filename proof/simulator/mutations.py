"""Our own protocol, broken in one place each. Whoever proves that it is right must find each of these wrong."""

from types import SimpleNamespace
from typing import Any

from proof.simulator.attempts import ask, current_event
from sfn_callback.fanin import items, protocol, verdict
from sfn_callback.fanin.items import FanIn, Group, Ledger, Section
from sfn_callback.resume import Delivery


def _only_who_filled_it(ledger: Ledger, name: str, slot: int) -> Delivery | None:
    group = ask("ledger", "mark_done_if_new", name, slot)
    return protocol.climb_and_settle(ledger, name, group) if group and group.full else None


def _no_check_on_a_retry(ledger: Ledger, name: str, slot: int) -> Delivery | None:
    group = ledger.mark_done(name, slot)
    first = current_event().attempt == 1
    return protocol.climb_and_settle(ledger, name, group) if first and group.full else None


def _failed_though_done(ledger: Ledger, name: str, slot: int, reason: str) -> Delivery | None:
    group = ask("ledger", "mark_failed_anyway", name, slot, reason)
    return protocol.climb_and_settle(ledger, name, group)


def _seal_without_check(ledger: Ledger, name: str, total: int, tolerated: int) -> None:
    groups = -(-total // items.GROUP_SIZE)
    if groups:
        ledger.set_size(name, groups - 1, total - (groups - 1) * items.GROUP_SIZE)
    ledger.seal(name, groups, total, tolerated)


def _wait_without_check(ledger: Ledger, name: str, token: str, execution: str | None = None) -> FanIn:
    return ledger.add_token(name, token, execution)


def _last_token_counts(ledger: Ledger, name: str, token: str, _: str | None = None) -> FanIn:
    waiting: FanIn = ask("ledger", "put_token", name, token)
    verdict.deliver_if_decided(ledger, waiting)
    return waiting


def _ours(**broken: Any) -> Any:
    return SimpleNamespace(**{**vars(protocol), **broken})


MUTATIONS: dict[str, Any] = {
    "check only when my write filled the group": _ours(chunk_done=_only_who_filled_it),
    "skip the check on a retry": _ours(chunk_done=_no_check_on_a_retry),
    "failure without the re-check": _ours(chunk_failed=_failed_though_done),
    "seal without a check": _ours(seal=_seal_without_check),
    "wait without a check": _ours(wait=_wait_without_check),
    "the last token counts": _ours(wait=_last_token_counts),
}


class _Counting:
    """A ledger that counts failures wrongly in one place; all else is the real one's."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getattr__(self, call: str) -> Any:
        return getattr(self._ledger, call)


class _LateCounts(_Counting):
    """The count of a section that comes last is taken, also when it is an older one."""

    def climb(self, name: str, group: Group, section: Section | None = None) -> FanIn:
        return ask("ledger", "climb_anyhow", name, group, section)  # type: ignore[no-any-return]


class _AddedCounts(_Counting):
    """Counts are added up, also when the same one comes twice."""

    def climb(self, name: str, group: Group, section: Section | None = None) -> FanIn:
        return ask("ledger", "climb_adding", name, group, section)  # type: ignore[no-any-return]


class _ForgottenCounts(_Counting):
    """A full group climbs without its failures."""

    def climb(self, name: str, group: Group, section: Section | None = None) -> FanIn:
        return self._ledger.climb(name, group, None if group.full else section)


class _ClosedFirst(_Counting):
    """The tokens are closed before the failure is sent."""

    def climb(self, name: str, group: Group, section: Section | None = None) -> FanIn:
        top = self._ledger.climb(name, group, section)
        if top.tolerated is not None and top.failures > top.tolerated and not top.closed:
            self._ledger.close(top)
        return top


class _NeverClosed(_Counting):
    """Nobody writes down that the failure is delivered."""

    def close(self, _: FanIn) -> None:
        pass


def _counted(kind: type[_Counting]) -> Any:
    return _ours(
        chunk_done=lambda ledger, *given: protocol.chunk_done(kind(ledger), *given),
        chunk_failed=lambda ledger, *given: protocol.chunk_failed(kind(ledger), *given),
        seal=lambda ledger, *given: protocol.seal(kind(ledger), *given),
    )


COUNTING: dict[str, Any] = {
    "a late count takes the place of a newer one": _counted(_LateCounts),
    "a count that comes twice is added twice": _counted(_AddedCounts),
    "a full group climbs without its failures": _counted(_ForgottenCounts),
    "the tokens are closed before the failure is sent": _counted(_ClosedFirst),
    "the tokens stay open when the failure is delivered": _counted(_NeverClosed),
}
