import logging
import threading
from typing import Any

import pytest

from sfn_callback.aws import clients

ALL = [
    clients.dynamodb,
    clients.functions,
    clients.parameters,
    clients.s3,
    clients.secrets,
    clients.sns,
    clients.stepfunctions,
]


@pytest.mark.parametrize("make", ALL)
def test_a_client_is_made_once(make: object) -> None:
    assert callable(make)
    assert make() is make()


def test_threads_that_come_together_share_one_client() -> None:
    made: list[object] = []
    threads = [threading.Thread(target=lambda: made.append(clients.s3())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, made))) == 1


@pytest.mark.parametrize("make", ALL)
def test_botocore_tries_nothing_again_by_itself(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "9")
    assert make().meta.config.retries == {"mode": "standard", "total_max_attempts": 1}


@pytest.mark.parametrize("make", ALL)
def test_a_request_that_hangs_is_given_up_in_a_moment_unless_its_object_may_be_large(make: Any) -> None:
    assert make().meta.config.read_timeout == (60 if make is clients.s3 else 10)


def test_botocore_never_logs_request_bodies() -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        assert not logging.getLogger("botocore.endpoint").isEnabledFor(logging.DEBUG)
    finally:
        logging.getLogger().setLevel(logging.WARNING)
