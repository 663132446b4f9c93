"""One run at a time in a checkout: a file that is locked while a run goes on says who runs."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Taken(RuntimeError):
    """Another run goes on; the message says which, and since when."""


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Hold the lock at ``path`` for ``what``; the system takes it back when this process ends, however it does.

    Raises:
        Taken: another process holds it; nothing was touched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Taken(_by_whom(path)) from None
        file.truncate(0)
        json.dump({"process": os.getpid(), "what": what, "since": time.strftime("%Y-%m-%d %H:%M:%S")}, file)
        file.flush()
        yield


def _by_whom(path: Path) -> str:
    try:
        noted = json.loads(path.read_text())
    except ValueError:
        return f"Another run has just started in this checkout ({path} is locked). Wait for it."
    stop = f"wait for it, or stop it with: kill {noted['process']}"
    return f"{noted['what']} runs in this checkout, as process {noted['process']} since {noted['since']}: {stop}"
