"""What the tests of starting and stopping know of processes."""

import os
from pathlib import Path


def running(process: str) -> bool:
    """Whether there is such a process; one that has ended may not have been reaped yet."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(group: int) -> bool:
    """Whether no process of the group is left; one that was killed may not have been reaped yet."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return not running(str(group))
