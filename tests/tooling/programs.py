"""What the tests of starting and stopping start as programs of their own; each goes on until it is killed."""

import time
from pathlib import Path

from demo import lock
from emulator import aws


def hold(path: Path) -> None:
    """Hold the lock, and say so."""
    with lock.held(path, "make demo WORKFLOW=direct"):
        print("held", flush=True)
        time.sleep(3600)


def start_aws(folder: Path, *, kept: bool) -> None:
    """Start the local AWS, to be kept or not, and say by which group of processes."""
    local = aws.start(folder)
    if kept:
        local.let_run_on()
    print(local.group, flush=True)
    time.sleep(3600)
