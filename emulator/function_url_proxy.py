"""The host of a function URL, for browsers: its real name is in no DNS, and the local AWS speaks TLS of its own CA."""

import contextlib
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import urllib3

from emulator.aws import LocalAws

_POLL_SECONDS = 0.05
_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


@contextlib.contextmanager
def served(aws: LocalAws, function_url: str) -> Iterator[str]:
    """Serve the function URL on loopback; yield the URL in its place, which ends in ``/`` as that one does."""
    address = urlsplit(function_url).hostname or ""
    prefix = f"/_aws/lambda-url/{address.partition('.')[0]}"
    with (
        urllib3.connection_from_url(
            aws.environment["AWS_ENDPOINT_URL"], ca_certs=aws.environment["AWS_CA_BUNDLE"]
        ) as upstream,
        ThreadingHTTPServer(("127.0.0.1", 0), partial(_Forwarder, upstream, prefix)) as server,
    ):
        threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


class _Forwarder(BaseHTTPRequestHandler):
    """Passes each request on, and its answer back, as they are."""

    def __init__(self, upstream: urllib3.HTTPConnectionPool, prefix: str, *connection: Any) -> None:
        self._upstream = upstream
        self._prefix = prefix
        super().__init__(*connection)

    def __getattr__(self, name: str) -> Any:
        # The server looks for a do_GET, a do_POST, … : whatever the method, the same is done.
        if name.startswith("do_"):
            return self._forward
        raise AttributeError(name)

    def handle(self) -> None:
        """Handle the requests of a browser, which may leave before its answer has come."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def _forward(self) -> None:
        if "Transfer-Encoding" in self.headers:
            self.send_error(411)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            answer = self._ask(body)
        except urllib3.exceptions.HTTPError as error:
            self.send_error(502, explain=str(error))
            return
        self.send_response_only(answer.status, answer.reason)
        for name, value in _end_to_end(answer.headers.iteritems()):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.data)

    def _ask(self, body: bytes) -> urllib3.BaseHTTPResponse:
        headers = urllib3.HTTPHeaderDict(_end_to_end(self.headers.items()))
        # The local AWS has a name of its own. And a connection that was kept might be closed under a POST.
        headers.discard("Host")
        headers["Connection"] = "close"
        for name in ("Accept-Encoding", "User-Agent"):
            headers.setdefault(name, urllib3.util.SKIP_HEADER)
        return self._upstream.urlopen(
            self.command,
            self._prefix + self.path,
            body=body or None,
            headers=headers,
            retries=False,
            redirect=False,
            decode_content=False,
        )

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal is the demo's, or the tests'."""


def _end_to_end(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    given = list(headers)
    named = {
        option.strip().lower() for name, value in given if name.lower() == "connection" for option in value.split(",")
    }
    return ((name, value) for name, value in given if name.lower() not in _HOP_BY_HOP | named)
