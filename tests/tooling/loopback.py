"""Real servers on loopback, in place of those that the tools would talk to."""

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Quiet(BaseHTTPRequestHandler):
    """Logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        pass


class Files(Quiet, SimpleHTTPRequestHandler):
    """Serves the files of a folder."""


@contextlib.contextmanager
def serving(
    handler: Callable[..., BaseHTTPRequestHandler], certificate: tuple[Path, Path] | None = None
) -> Iterator[str]:
    """Serve with that handler, over TLS if there are a certificate and its key; yield ``127.0.0.1:PORT``."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def serving_files(folder: Path) -> contextlib.AbstractContextManager[str]:
    """Serve the folder's files."""
    return serving(partial(Files, directory=str(folder)))
