import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

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


class Answer(BaseHTTPRequestHandler):
    """Answers everything with an empty object."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def answering() -> Iterator[str]:
    """Have somebody answer at an address of this machine, and nobody afterwards."""
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


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


def test_no_library_logs_the_address_at_which_a_durable_callback_is_answered(
    monkeypatch: pytest.MonkeyPatch, no_pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    callback = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
    caplog.set_level(logging.DEBUG)
    for name in ("botocore", "botocore.auth", "botocore.httpsession", "urllib3.connectionpool"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    with answering() as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        clients.reset()
        clients.functions().send_durable_execution_callback_heartbeat(CallbackId=callback)
        clients.functions().list_functions()
    with pytest.raises(EndpointConnectionError):
        clients.functions().send_durable_execution_callback_heartbeat(CallbackId=callback)
    assert "CanonicalRequest" in caplog.text
    assert "/2015-03-31/functions HTTP/1.1" in caplog.text
    assert callback[:20] not in caplog.text


def test_botocore_never_logs_request_bodies() -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        assert not logging.getLogger("botocore.endpoint").isEnabledFor(logging.DEBUG)
    finally:
        logging.getLogger().setLevel(logging.WARNING)
