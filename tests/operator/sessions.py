"""The command's session goes from command line to command line, and so do its clients: 20 ms for each."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from sfn_callback.aws import session
from sfn_callback_operator import aws, rate_limit
from testing import kept
from tests.conftest import make_session


class Configured:
    """A session with which each handler is registered once, and whose clients are handed on until one is changed."""

    def __init__(self) -> None:
        self._session = make_session()
        self._known: set[tuple[str, Callable[..., Any]]] = set()
        self.create_client = kept.Kept(self._session.create_client, kept.of_client)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def register(self, event: str, handler: Callable[..., Any]) -> None:
        """Register a handler of its clients."""
        if (event, handler) not in self._known:
            self._known.add((event, handler))
            self._session.register(event, handler)


CONFIGURED = kept.Kept(Configured, lambda _: None)
_paces = cache(rate_limit.Paces)


def hand_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each command line of a test use the session that those before it have used."""
    configure = aws.configure

    def configured(options: aws.Options) -> None:
        # Until then a test has the functions' session.
        monkeypatch.setattr(session, "shared", cache(CONFIGURED))
        configure(options)

    monkeypatch.setattr(rate_limit, "Paces", _paces)
    monkeypatch.setattr(aws, "configure", configured)
