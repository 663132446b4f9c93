"""The demo with stand-ins, which hangs at a moment of its run.

Whatever it starts, what that starts, and where that puts its socket is noted in the folder.
"""

import math
import shlex
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from demo import choice
from demo import run as demo_run
from demo.contract import Applied
from emulator import aws
from tools import children, terraform, toolchain
from tools.terraform_progress import Patience

MOMENTS = ("start", "init", "apply", "run", "destroy")
SOON = Patience(tell_every=math.inf, give_up_after=math.inf, end_within=0.5)

# It minds no interrupt, has a child that minds nothing, and leaves something where a provider has its socket.
TERRAFORM = """#!/bin/sh
trap '' INT TERM
test "$1" = MOMENT || exit 0
sh -c 'trap "" INT TERM HUP; while :; do sleep 1; done' &
touch "$TMPDIR/socket"
echo "$TMPDIR" > FOLDER/temporary
echo $$ $! >> FOLDER/processes
touch FOLDER/there
wait
"""
SERVER = """
import os, sys, time
from pathlib import Path
folder = Path(sys.argv[0]).parent
with (folder / "processes").open("a") as noted:
    print(os.getpid(), file=noted)
while True:
    time.sleep(1)
"""
HANG = 'echo $$ >> "$0/processes"; touch "$0/there"; exec sleep 3600'


class Demo:
    """A demo that runs a command."""

    workflow = "direct"
    variables: ClassVar[Mapping[str, Any]] = {}
    look_next: ClassVar[Mapping[str, str]] = {}

    def __init__(self, folder: Path, *, hangs: bool) -> None:
        self._folder = folder
        self._hangs = hangs

    def run(self, applied: Applied) -> bool:
        """Run the command."""
        command = ["sh", "-c", HANG, str(self._folder)] if self._hangs else ["true"]
        with children.started(command, env=applied.local.environment) as process:
            return process.wait() == 0

    def commands(self, outputs: Mapping[str, Any]) -> list[str]:
        """Return none."""
        return []


def main(folder: Path, moment: str) -> int:
    """Put the stand-ins in their places, and run the demo."""
    server, program = folder / "server.py", folder / "terraform"
    server.write_text(SERVER)
    program.write_text(TERRAFORM.replace("MOMENT", moment).replace("FOLDER", shlex.quote(str(folder))))
    program.chmod(0o755)

    def healthy(*_: object) -> None:
        while not (folder / "processes").exists():
            pass
        if moment == "start":
            (folder / "there").touch()
            while True:
                pass

    vars(aws).update(_SERVER=server, _wait_until_healthy=healthy)
    vars(toolchain).update(binary=lambda: str(program), TOOLS=folder / "tools")
    vars(choice).update(asked=lambda *_: Demo(folder, hangs=moment == "run"))
    vars(demo_run).update(FOLDER=folder / "demo", LOCK=folder / "demo.lock", PATIENCE=SOON)
    # What minds no interrupt has less time to end by itself.
    vars(terraform).update(ENDLESS=SOON)
    vars(children).update(started=partial(children.started, within=SOON.end_within))
    sys.argv[1:] = []
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return demo_run.main()
