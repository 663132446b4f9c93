"""``make demo``: a workflow on a local AWS, from ``terraform apply`` to how its executions end, and ``destroy``."""

import argparse
import contextlib
import os
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from demo import choice, lock
from demo.contract import FOLDER, ROOT, Applied, Demo, UsageError, is_given, switched_on
from demo.lock import Taken
from emulator import aws
from emulator.aws import LocalAws
from tools import shell, signals
from tools.screen import console, counted, step
from tools.signals import Stopped
from tools.terraform import Root
from tools.terraform_progress import GivenUp, Patience
from tools.toolchain import TerraformError

Times = list[tuple[str, float]]

LOCK = FOLDER.with_name("demo.lock")

# What a shell may have for another account would come first: a profile, a session's token, an endpoint by service.
_OTHERS_UNSET = r"""for name in $(env | sed -n -E 's/^((AWS|SFN_CALLBACK)_[[:alnum:]_]*)=.*/\1/p'); do
  unset "$name"
done
unset PYTHONHOME PYTHONPATH
export no_proxy="${no_proxy:-$NO_PROXY},127.0.0.1"
export NO_PROXY="$no_proxy"
"""
# Version 2 shows its output in a pager unless told otherwise, and both read AWS_ENDPOINT_URL only since July 2023
# (1.29 and 2.13): https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-pagination.html,
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html.
_FOR_THE_AWS_CLI = """export AWS_PAGER=
unalias aws 2> /dev/null || true
aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
"""


def _tell(sentence: str) -> None:
    console.print(sentence, highlight=False, markup=False)


PATIENCE = Patience(_tell)


def main() -> int:
    """Run the demo; return 0 only when its executions ended as they should."""
    try:
        with signals.cleaning_up():
            return _do(_arguments())
    except (UsageError, Taken) as error:
        print(error, file=sys.stderr)
        return 2
    except GivenUp as error:
        _tell(f"\n{error} The local AWS was stopped and removed.")
        return 1
    except Stopped as stopped:
        # Its terminal may be closed by now, where rich ends the process.
        with contextlib.suppress(OSError, SystemExit):
            _tell(f"\nStopped by {stopped}. The local AWS was stopped and removed.")
        return stopped.code
    except (TerraformError, OSError, RuntimeError) as error:
        console.print(Panel(escape(str(error)), title="The demo could not run", border_style="red"))
        return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--stop", action="store_true", help="stop what KEEP=1 left running, and exit")
    parser.add_argument("--given", default="", metavar="NAMES", help="the options that were typed after make")
    return parser.parse_args()


def _do(arguments: argparse.Namespace) -> int:
    name = "make demo-stop" if arguments.stop else _called()
    with lock.held(LOCK, name):
        if arguments.stop:
            _clear()
            return 0
        keep = switched_on(os.environ, "KEEP")
        demo = choice.asked(os.environ, arguments.given.split())
        _clear()
        return _run(demo, keep=keep)


def _called() -> str:
    given = [f"{name}={shlex.quote(os.environ[name])}" for name in choice.OPTIONS if os.environ.get(name)]
    return " ".join(["make demo", *given])


def _clear() -> None:
    if aws.stop_left(FOLDER / "aws"):
        console.print("Stopped the local AWS that was still running.")
    shutil.rmtree(FOLDER, ignore_errors=True)


def _run(demo: Demo, *, keep: bool) -> int:
    times: Times = []
    running: list[LocalAws] = []
    with signals.owing(lambda: _leave_nothing(unless=running)):
        with _timed(times, "start the local AWS"), step("Starting the local AWS"):
            local = aws.start(FOLDER / "aws")
        root = Root(ROOT / "examples" / demo.workflow, FOLDER / "terraform", local.environment, demo.variables)
        outputs = _apply(root, times)
        with _timed(times, "the commands"):
            good = demo.run(Applied(local, outputs))
        if keep:
            show_how_to_go_on(local, demo.commands(outputs), FOLDER)
            local.let_run_on()
            running.append(local)
        else:
            with _timed(times, "terraform destroy"), counted("terraform destroy") as count:
                root.destroy(count, PATIENCE)
    _show_times(times)
    show_next(demo)
    if not good:
        _tell(
            "\nThe workload failed, not the demo: the error and cause above say why."
            " That is why make ends with an error."
        )
    return 0 if good else 1


def _leave_nothing(*, unless: list[LocalAws]) -> None:
    if not unless:
        aws.stop_left(FOLDER / "aws")
        shutil.rmtree(FOLDER, ignore_errors=True)


def _apply(root: Root, times: Times) -> dict[str, Any]:
    with _timed(times, "terraform init"), step("terraform init"):
        root.init()
    with _timed(times, "terraform apply"), counted("terraform apply") as count:
        return root.apply(count)


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


def show_next(demo: Demo) -> None:
    """Say what to read, and to try, after a demo."""
    grid = Table.grid(padding=(0, 2))
    # A path that is cut cannot be opened: the other column gives way.
    grid.add_column(no_wrap=True)
    for name, what in {**demo.look_next, "KEEP=1": "the local AWS runs on"}.items():
        if not is_given(os.environ, name.partition("=")[0]):
            grid.add_row(f"  [cyan]{name}", what)
    console.print("\nNext steps:", grid)


def show_how_to_go_on(local: LocalAws, commands: list[str], folder: Path) -> Path:
    """Say how to use the local AWS that is still running; return the file in ``folder`` to source for that."""
    exports = folder / "environment.sh"
    names = [name for name in local.environment if name.startswith("AWS_")]
    # The operator's command is where this Python is.
    path = f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"\n'
    settings = "".join(f"export {name}={shlex.quote(local.environment[name])}\n" for name in names)
    exports.write_text(_OTHERS_UNSET + settings + _FOR_THE_AWS_CLI + path)
    console.print("\nThe local AWS is still running. In a shell:\n")
    for command in (f". {shlex.quote(str(exports))}", *commands):
        console.print(command, soft_wrap=True, highlight=False, markup=False)
    console.print("\nStop it with: make demo-stop\n", highlight=False)
    return exports


if __name__ == "__main__":
    shell.seal()
    # Into a pipe, too, each line is there when it is said.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main())
