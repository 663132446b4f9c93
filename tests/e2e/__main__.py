"""``python -m tests.e2e [file …]``: apply one stack, test it in groups side by side, destroy it.

Files that use the same resources in ways that get in each other's way are one group, and what looks at all that the
others have left comes last. The groups that wait for most come first.
"""

import subprocess
import sys
from pathlib import Path

from demo import lock
from demo.lock import Taken
from emulator.mailbox import Mailbox
from tests.e2e.support import shared_stack
from tests.e2e.support.approvals import CAPTURED
from tools import children, shell, signals
from tools.signals import Stopped

HERE = Path(__file__).resolve().parent
GROUPS = (
    ("stalls_of_documents",),
    ("durable", "stalls_of_approval"),
    ("workers", "durable_workers", "demo_workers", "together", "stalls_of_workers"),
    ("approval_page",),
    ("approval",),
    ("operator", "sweep"),
    ("roles",),
    ("documents", "names", "demo_documents"),
    ("durable_grants",),
    ("own_machine", "chaos", "parts"),
    ("guest", "refusals", "reports"),
)
AFTERWARDS = (("demo_durable", "demo_approval"), ("plan",))
LAST = ("secrets", "destroy")
# It has a local AWS of its own.
APART = ("demo",)
LOCK = shared_stack.FOLDER.with_name("e2e.lock")


def main() -> int:
    """Run all groups, or the files that are named; return 0 when all of them pass."""
    there, named = {path.name for path in HERE.glob("test_*.py")}, {f"test_{name}.py" for name in _named()}
    if there != named:
        sys.exit(f"The groups and the files differ in {', '.join(sorted(there ^ named))}.")
    shell.seal()
    try:
        with signals.cleaning_up(), lock.held(LOCK, "The end-to-end tests"), shared_stack.applied():
            return _tested()
    except Taken as error:
        sys.exit(str(error))
    except Stopped as stopped:
        return stopped.code


def _tested() -> int:
    if len(sys.argv) > 1:
        return _run(sys.argv[1:])
    _capture_mails()
    return max(*_side_by_side(GROUPS), *_side_by_side(AFTERWARDS), _run(_paths(LAST)))


def _side_by_side(groups: tuple[tuple[str, ...], ...]) -> list[int]:
    return children.side_by_side(_run_quietly, [*map(_paths, groups)], len(groups))


def _capture_mails() -> None:
    stack = shared_stack.read()
    Mailbox(stack.local, stack.outputs["approval"]["approvals_topic_arn"], CAPTURED)


def _named() -> list[str]:
    return [name for group in (*GROUPS, *AFTERWARDS, LAST, APART) for name in group]


def _paths(group: tuple[str, ...]) -> list[str]:
    return [str(HERE / f"test_{name}.py") for name in group]


def _run(paths: list[str]) -> int:
    with children.started(_command(paths)) as tests:
        return tests.wait()


def _run_quietly(paths: list[str]) -> int:
    done = children.run(_command(paths), stderr=subprocess.STDOUT)
    print(done.stdout, flush=True)
    return done.returncode


def _command(paths: list[str]) -> list[str]:
    # The cache is one folder, and here are several processes.
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--durations=3", *paths]


if __name__ == "__main__":
    sys.exit(main())
