"""The local AWS's server: MiniStack, with what counts here made as AWS has it.

``SFN_CALLBACK_SERVER_PLUGIN`` names a module of this checkout whose ``install()`` is called as well.
"""

import importlib
import os
import sys
from pathlib import Path

from hypercorn.config import Config
from ministack import app

_AS_ON_AWS = ("local.faithful_functions", "local.faithful_tokens")

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parent.parent))
    for module in (*_AS_ON_AWS, *os.environ.get("SFN_CALLBACK_SERVER_PLUGIN", "").split()):
        importlib.import_module(module).install()
    # Over HTTP/2 a request takes up to twice the processor, and one in some thousands stays without an answer.
    Config.alpn_protocols = ["http/1.1"]
    app.main()
