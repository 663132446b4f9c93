"""What botocore makes, and tests hand on to each other as long as nobody has changed it: a client takes 5 ms."""

import os
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, ClassVar

import botocore.session
from botocore import compat, hooks, parsers, regions, useragent
from botocore.endpoint_provider import EndpointProvider
from botocore.hooks import EventAliaser


def keep() -> None:
    """Have botocore read a service's rules, and look up names, once in this process."""
    hooks.accepts_kwargs = cache(compat.accepts_kwargs)
    useragent.sanitize_user_agent_string_component = cache(useragent.sanitize_user_agent_string_component)
    botocore.session.EventAliaser = Aliaser  # type: ignore[assignment, misc]
    regions.EndpointProvider = endpoints  # type: ignore[attr-defined]
    parsers.DEFAULT_TIMESTAMP_PARSER = lru_cache(maxsize=4_096)(parsers.DEFAULT_TIMESTAMP_PARSER)


def endpoints(ruleset_data: Any, **given: Any) -> EndpointProvider:
    """Return the endpoints by a service's rules, which are read once, and not once for each client."""
    if id(ruleset_data) not in _made:
        _made[id(ruleset_data)] = ruleset_data, EndpointProvider(ruleset_data, **given)
    return _made[id(ruleset_data)][1]


_made: dict[int, tuple[Any, EndpointProvider]] = {}
"""By the identity of the rules, which are kept so that no others get it."""


class Aliaser(EventAliaser):
    """A session's or client's events: each name is looked up once for all, and ``changes`` of handlers are counted."""

    names: ClassVar[dict[str, str]] = {}

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._alias_name_cache = self.names
        self.changes = 0

    def register(self, *given: Any, **named: Any) -> None:
        """Register a handler."""
        self.changes += 1
        super().register(*given, **named)

    def register_first(self, *given: Any, **named: Any) -> None:
        """Register a handler before the others."""
        self.changes += 1
        super().register_first(*given, **named)

    def register_last(self, *given: Any, **named: Any) -> None:
        """Register a handler after the others."""
        self.changes += 1
        super().register_last(*given, **named)

    def unregister(self, *given: Any, **named: Any) -> None:
        """Take a handler away."""
        self.changes += 1
        super().unregister(*given, **named)


class Kept:
    """Makes something once for the same arguments and ``AWS_`` variables, and anew once its ``state`` is another."""

    def __init__(self, make: Callable[..., Any], state: Callable[[Any], Any]) -> None:
        self._make, self._state = make, state
        self._made: dict[Any, tuple[Any, Any]] = {}

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Return what was made."""
        variables = sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_"))
        key = given, tuple(sorted(named.items())), tuple(variables)
        if key not in self._made or not self.unchanged(*self._made[key]):
            made = self._make(*given, **named)
            self._made[key] = made, self._state(made)
        return self._made[key][0]

    def unchanged(self, made: Any, state: Any) -> bool:
        """Whether nobody has changed it."""
        return bool(self._state(made) == state)

    def clear(self) -> None:
        """Forget all of it."""
        self._made.clear()


def of_session(session: Any) -> int:
    """Return what tests change of a session: its handlers."""
    changes: int = session.get_component("event_emitter").changes
    return changes


def of_client(client: Any) -> tuple[int, list[tuple[str, int]]]:
    """Return what tests change of a client: its handlers, and its operations."""
    return client.meta.events.changes, [(name, id(value)) for name, value in vars(client).items()]
