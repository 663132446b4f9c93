"""The local AWS's server: MiniStack, with what counts here made as AWS has it.

``SFN_CALLBACK_SERVER_PLUGIN`` names a module of this checkout whose ``install()`` is called as well.
"""

import importlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from weakref import WeakKeyDictionary

import h11
from hypercorn.config import Config
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.typing import H11SendableEvent
from ministack import app

_AS_ON_AWS = (
    "emulator.ministack_durable",
    "emulator.ministack_environments",
    "emulator.ministack_events",
    "emulator.ministack_executions",
    "emulator.ministack_functions",
    "emulator.ministack_histories",
    "emulator.ministack_listings",
    "emulator.ministack_logs",
    "emulator.ministack_machines",
    "emulator.ministack_map_runs",
    "emulator.ministack_nested",
    "emulator.ministack_packages",
    "emulator.ministack_processes",
    "emulator.ministack_simulations",
    "emulator.ministack_storage",
    "emulator.ministack_tokens",
)
_RUN_ON = b"run on"
"""What lets it run on when whoever has started it ends."""
_GRACE_SECONDS = 3
_heads: WeakKeyDictionary[H11Protocol, bytes] = WeakKeyDictionary()


async def _send_in_one_piece(protocol: H11Protocol, event: H11SendableEvent) -> None:
    """Send an answer's head together with what follows it.

    One in some thousands of the provider's requests was given up when the head came alone, and sent again: what it
    makes was there already.
    """
    try:
        data = protocol.connection.send(event) or b""
    except h11.LocalProtocolError:
        if protocol.connection.their_state != h11.ERROR:
            raise
        return
    if isinstance(event, h11.Response):
        _heads[protocol] = data
        return
    if piece := _heads.pop(protocol, b"") + data:
        await protocol.send(RawData(data=piece))


def _end_with_the_starter() -> None:
    """End this server and its function workers when its standard input is closed without a word."""
    if sys.stdin.buffer.read() == _RUN_ON:
        return
    os.killpg(0, signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parent.parent))
    threading.Thread(target=_end_with_the_starter, daemon=True).start()
    for module in (*_AS_ON_AWS, *os.environ.get("SFN_CALLBACK_SERVER_PLUGIN", "").split()):
        importlib.import_module(module).install()
    # Over HTTP/2 a request takes up to twice the processor, and one in some thousands stays without an answer.
    Config.alpn_protocols = ["http/1.1"]
    H11Protocol._send_h11_event = _send_in_one_piece  # type: ignore[assignment, method-assign]
    app.main()
