"""``make demo``: a workflow on a local AWS, from ``terraform apply`` to how its executions end, and ``destroy``."""

import argparse
import contextlib
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from local import aws, demos
from local.aws import LocalAws
from local.demos.contract import FOLDER, ROOT, Applied, Demo, UsageError, switched_on
from local.patience import GivenUp, Patience
from local.screen import console, counted
from local.terraform import Root
from local.toolchain import TerraformError

Times = list[tuple[str, float]]


def _tell(sentence: str) -> None:
    console.print(sentence, highlight=False, markup=False)


_patience = Patience(_tell)


def main() -> int:
    """Run the demo; return 0 only when its executions ended as they should."""
    # A stop from outside cleans up as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    try:
        if _only_stop():
            _clear()
            return 0
        demo = demos.asked(os.environ)
        _clear()
        return _run(demo, keep=switched_on(os.environ, "KEEP"))
    except UsageError as problem:
        print(problem, file=sys.stderr)
        return 2
    except GivenUp as problem:
        _tell(f"\n{problem} The local AWS is stopped, and nothing is left of it.")
        return 1
    except (TerraformError, OSError, RuntimeError) as problem:
        console.print(Panel(escape(str(problem)), title="The demo could not run", border_style="red"))
        return 1
    except KeyboardInterrupt:
        console.print("\nInterrupted. The local AWS is stopped, and nothing is left of it.")
        return 130


def _only_stop() -> bool:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--stop", action="store_true", help="stop what KEEP=1 left running, and do no more")
    return bool(parser.parse_args().stop)


def _clear() -> None:
    if aws.stop_left(FOLDER / "aws"):
        console.print("Stopped the local AWS that was still running.")
    shutil.rmtree(FOLDER, ignore_errors=True)


def _run(demo: Demo, *, keep: bool) -> int:
    times: Times = []
    with contextlib.ExitStack() as at_the_end:
        with _timed(times, "start the local AWS"), console.status("Starting the local AWS …"):
            at_the_end.callback(shutil.rmtree, FOLDER, ignore_errors=True)
            local = aws.start(FOLDER / "aws")
            at_the_end.callback(local.stop)
        root = Root(ROOT / "examples" / demo.workflow, FOLDER / "terraform", local.environment, demo.variables)
        with _timed(times, "terraform apply"), counted("terraform apply") as count:
            root.init()
            outputs = root.apply(count)
        with _timed(times, "the commands"):
            good = demo.run(Applied(local, outputs))
        if keep:
            at_the_end.pop_all()
            show_how_to_go_on(local, demo.commands(outputs), FOLDER)
        else:
            with _timed(times, "terraform destroy"), counted("terraform destroy") as count:
                root.destroy(count, _patience)
    _show_times(times)
    _show_next(demo)
    return 0 if good else 1


@contextlib.contextmanager
def _timed(times: Times, phase: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    times.append((phase, time.monotonic() - begun))


def _show_times(times: Times) -> None:
    table = Table("phase", "seconds")
    for phase, seconds in times:
        table.add_row(phase, f"{seconds:.1f}")
    console.print(table)


def _show_next(demo: Demo) -> None:
    grid = Table.grid(padding=(0, 2))
    for name, what in {**demo.look_next, "KEEP=1": "the local AWS runs on"}.items():
        grid.add_row(f"  [cyan]{name}", what)
    console.print("\nLook next:", grid)


def show_how_to_go_on(local: LocalAws, commands: list[str], folder: Path) -> Path:
    """Say how to use the local AWS that runs on; return the file, in ``folder``, to source for that."""
    exports = folder / "environment.sh"
    names = [name for name in local.environment if name.startswith("AWS_")]
    # The operator's command is where this Python is.
    path = f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"\n'
    exports.write_text("".join(f"export {name}={shlex.quote(local.environment[name])}\n" for name in names) + path)
    console.print("\nThe local AWS is still running. In a shell:\n")
    for command in (f". {exports}", *commands):
        console.print(command, soft_wrap=True, highlight=False, markup=False)
    console.print("\nStop it with: make demo-stop\n", highlight=False)
    return exports


if __name__ == "__main__":
    sys.exit(main())
