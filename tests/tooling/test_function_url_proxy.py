"""The front passes everything on to a real server behind it, and everything back."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from emulator import aws, function_url_proxy
from emulator.aws import LocalAws
from tests.e2e.conftest import wait_for
from tests.tooling.loopback import Quiet, serving

FUNCTION_URL = "https://abc123.lambda-url.eu-central-1.on.aws/"
SLOW, GONE = threading.Event(), threading.Event()
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")


class Upstream(Quiet):
    """Answers with the status that the path's end names, and says in its body what it was asked."""

    def answer(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        heard = {
            "method": self.command,
            "path": self.path,
            "headers": self.headers.items(),
            "body": self.rfile.read(size).decode(),
        }
        body = json.dumps(heard).encode()
        if self.path.endswith("/slow"):
            SLOW.set()
            GONE.wait(10)
        last = self.path.rpartition("/")[2]
        self.send_response(int(last) if last.isdigit() else 200, "As It Was Said")
        self.send_header("Location", "/elsewhere")
        self.send_header("Set-Cookie", "one=1")
        self.send_header("Set-Cookie", "two=2")
        self.send_header("X-Method", self.command)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


for method in METHODS:
    setattr(Upstream, f"do_{method}", Upstream.answer)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """Where the local AWS would be: a server that speaks TLS with a certificate of its own."""
    authority, certificate, key = aws.make_certificate(tmp_path_factory.mktemp("tls"))
    with serving(Upstream, (certificate, key)) as server:
        yield local_aws(f"https://{server}", authority)


def local_aws(endpoint: str, authority: Path) -> LocalAws:
    return LocalAws({"AWS_ENDPOINT_URL": endpoint, "AWS_CA_BUNDLE": str(authority)}, 0, Path())


@pytest.fixture(scope="module")
def base(local: LocalAws) -> Iterator[str]:
    with function_url_proxy.served(local, FUNCTION_URL) as base:
        yield base


def ask(method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse:
    return urllib3.request(method, url, redirect=False, retries=False, **options)


def test_a_path_and_its_query_are_asked_for_under_the_function_url_as_they_are(base: str) -> None:
    heard = ask("GET", f"{base}some/%2Fpath%20here?a=1&b=%26&a=2").json()
    assert heard["path"] == "/_aws/lambda-url/abc123/some/%2Fpath%20here?a=1&b=%26&a=2"


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_passed_on(base: str, method: str) -> None:
    assert ask(method, base).headers["X-Method"] == method


def test_a_body_is_passed_on(base: str) -> None:
    assert ask("POST", base, body="action=approve&comment=ä").json()["body"] == "action=approve&comment=ä"


@pytest.mark.parametrize("status", [200, 204, 303, 304, 403, 404, 409, 500, 503])
def test_every_status_is_passed_back_with_its_reason(base: str, status: int) -> None:
    answer = ask("HEAD", f"{base}{status}")
    assert (answer.status, answer.reason) == (status, "As It Was Said")


def test_a_redirect_is_the_browsers_to_follow(base: str) -> None:
    answer = ask("POST", f"{base}303", body=b"action=approve")
    assert (answer.status, answer.headers["Location"]) == (303, "/elsewhere")


def test_a_head_has_the_length_of_what_a_get_would_bring_and_brings_nothing(base: str) -> None:
    answer = ask("HEAD", base)
    assert int(answer.headers["Content-Length"]) > 0
    assert answer.data == b""


def test_headers_that_come_twice_are_passed_back_twice(base: str) -> None:
    assert ask("GET", base).headers.getlist("Set-Cookie") == ["one=1", "two=2"]


def test_the_browsers_headers_are_passed_on_and_none_is_added(base: str) -> None:
    given = {"User-Agent": "a browser", "Accept-Encoding": "br", "Cookie": "a=1; b=2", "Origin": base}
    heard = dict(ask("GET", base, headers=given).json()["headers"])
    assert heard == given | {"Host": heard["Host"], "Connection": "close"}


def test_a_header_for_this_hop_only_is_not_passed_on(base: str) -> None:
    given = {"Connection": "close, X-Hop", "X-Hop": "1", "TE": "trailers", "X-End": "2"}
    heard = dict(ask("GET", base, headers=given).json()["headers"])
    assert not {"X-Hop", "TE"} & set(heard)
    assert heard["X-End"] == "2"


def test_a_body_of_unknown_length_is_refused(base: str) -> None:
    assert ask("POST", base, body=iter([b"a", b"b"])).status == 411


def test_a_local_aws_that_is_gone_is_a_bad_gateway(local: LocalAws) -> None:
    gone = local_aws("https://127.0.0.1:9", Path(local.environment["AWS_CA_BUNDLE"]))
    with function_url_proxy.served(gone, FUNCTION_URL) as base:
        assert ask("GET", base).status == 502


def test_a_server_with_another_authority_is_not_trusted(local: LocalAws, tmp_path: Path) -> None:
    other, _, _ = aws.make_certificate(tmp_path)
    with function_url_proxy.served(local_aws(local.environment["AWS_ENDPOINT_URL"], other), FUNCTION_URL) as base:
        assert ask("GET", base).status == 502


def test_a_browser_that_leaves_before_its_answer_is_not_spoken_of(base: str, capfd: pytest.CaptureFixture[str]) -> None:
    at_once = struct.pack("ii", 1, 0)
    with socket.create_connection(("127.0.0.1", int(urlsplit(base).port or 0))) as leaving:
        leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        leaving.sendall(b"GET /slow HTTP/1.0\r\n\r\n")
        assert SLOW.wait(10)
    GONE.set()
    wait_for(lambda: not any("process_request" in thread.name for thread in threading.enumerate()))
    assert capfd.readouterr().err == ""


def test_nothing_is_served_any_more_at_the_end(local: LocalAws) -> None:
    with function_url_proxy.served(local, FUNCTION_URL) as base:
        assert ask("GET", base).status == 200
    with pytest.raises(urllib3.exceptions.HTTPError):
        ask("GET", base)
