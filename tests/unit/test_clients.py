import logging
import threading

import pytest

from sfn_callback import clients

ALL = [clients.dynamodb, clients.functions, clients.s3, clients.stepfunctions]


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


def test_throttles_are_retried_by_botocore_with_jitter() -> None:
    retries = clients.stepfunctions().meta.config.retries  # type: ignore[attr-defined]
    assert retries == {"mode": "standard", "total_max_attempts": 6}


def test_botocore_never_logs_request_bodies() -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        assert not logging.getLogger("botocore.endpoint").isEnabledFor(logging.DEBUG)
    finally:
        logging.getLogger().setLevel(logging.WARNING)
