import gc
from collections.abc import Iterator
from typing import Any

import pytest

from sfn_callback import workload
from sfn_callback.aws import clients, cold_start, session
from sfn_callback.errors import WorkloadInvalid


@pytest.fixture
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What Lambda says while it imports a handler; the collector is left as it was."""
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The services of the clients that are made."""
    services: list[str] = []
    make = session.client

    def noted(service: str) -> Any:
        services.append(service)
        return make(service)

    monkeypatch.setattr(session, "client", noted)
    return services


def test_clients_are_made_while_lambda_initialises_the_function(in_lambda: None, made: list[str]) -> None:
    cold_start.prepare(clients.s3, clients.dynamodb)
    assert made == ["s3", "dynamodb"]


def test_what_is_there_then_is_left_alone_by_the_collector(in_lambda: None) -> None:
    cold_start.prepare(clients.s3)
    assert gc.get_freeze_count() > 10_000


def test_nobody_looks_for_garbage_in_it_then_or_when_that_is_over(in_lambda: None) -> None:
    looked: list[str] = []

    def note(phase: str, _: dict[str, int]) -> None:
        looked.append(phase)

    often = gc.get_threshold()
    gc.collect()
    gc.callbacks.append(note)
    try:
        # As often as Python looks unless it is told otherwise.
        gc.set_threshold(700, 10, 10)
        cold_start.prepare(clients.s3)
        assert gc.isenabled()
    finally:
        gc.set_threshold(*often)
        gc.callbacks.remove(note)
    assert not looked


def test_a_collector_that_is_off_stays_off(in_lambda: None) -> None:
    gc.disable()
    try:
        cold_start.prepare(clients.s3)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_elsewhere_they_are_made_when_first_used(made: list[str]) -> None:
    before = gc.get_freeze_count()
    cold_start.prepare(clients.s3, clients.dynamodb)
    assert made == []
    assert gc.get_freeze_count() == before


def test_the_workload_is_imported_then(in_lambda: None) -> None:
    cold_start.prepare(workload.connect)
    assert workload.functions.cache_info().currsize == 1


def test_a_workload_that_cannot_be_imported_is_the_events_problem(
    in_lambda: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFN_CALLBACK_WORKLOAD", "no_such_module")
    cold_start.prepare(workload.connect)
    with pytest.raises(WorkloadInvalid, match="no_such_module"):
        workload.connect()
