"""Keeps Terraform's state in memory, for as long as the stack is there.

In a file Terraform writes the whole state after each of its hundreds of resources: half of what the apply takes.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_POLL_SECONDS = 0.05


@contextmanager
def served() -> Iterator[str]:
    """Serve a state that is empty at first; yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _State) as server:
        threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


class _State(BaseHTTPRequestHandler):
    """Has one state, whatever the path."""

    kept = b""

    def do_GET(self) -> None:
        """Give the state, or say that there is none."""
        self._answer(200 if self.kept else 204, self.kept)

    def do_POST(self) -> None:
        """Keep a new one."""
        _State.kept = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
