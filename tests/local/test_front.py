"""The front passes everything on to a real server behind it, and everything back."""

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3

from local import aws, front
from local.aws import LocalAws

FUNCTION_URL = "https://abc123.lambda-url.eu-central-1.on.aws/"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")


class Upstream(BaseHTTPRequestHandler):
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

    def log_message(self, format: str, *args: object) -> None:
        pass


for method in METHODS:
    setattr(Upstream, f"do_{method}", Upstream.answer)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """Where the local AWS would be: a server that speaks TLS with a certificate of its own."""
    authority, certificate, key = aws._certificate(tmp_path_factory.mktemp("tls"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield local_aws(f"https://127.0.0.1:{server.server_port}", authority)
    server.shutdown()
    server.server_close()


def local_aws(endpoint: str, authority: Path) -> LocalAws:
    return LocalAws({"AWS_ENDPOINT_URL": endpoint, "AWS_CA_BUNDLE": str(authority)}, 0, Path())


@pytest.fixture(scope="module")
def base(local: LocalAws) -> Iterator[str]:
    with front.served(local, FUNCTION_URL) as base:
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
    with front.served(gone, FUNCTION_URL) as base:
        assert ask("GET", base).status == 502


def test_a_server_with_another_authority_is_not_trusted(local: LocalAws, tmp_path: Path) -> None:
    other, _, _ = aws._certificate(tmp_path)
    with front.served(local_aws(local.environment["AWS_ENDPOINT_URL"], other), FUNCTION_URL) as base:
        assert ask("GET", base).status == 502


def test_nothing_is_served_any_more_at_the_end(local: LocalAws) -> None:
    with front.served(local, FUNCTION_URL) as base:
        assert ask("GET", base).status == 200
    with pytest.raises(urllib3.exceptions.HTTPError):
        ask("GET", base)
