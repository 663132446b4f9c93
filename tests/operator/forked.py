"""Command lines in processes that are forked from one that has imported the command: each ends as any other does."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tests.readme import ROOT

PATH = os.pathsep.join((f"{ROOT}/lambda_src", f"{ROOT}/operator_src"))
_PROGRAM = """
import gc, json, os, sys
# All that any command line needs.
import rich.markdown, typer.rich_utils
from sfn_callback_operator import cli
from sfn_callback_operator.output import screen

gc.freeze()

def full():
    return os.open("/dev/full", os.O_WRONLY)

def closed():
    reading, writing = os.pipe()
    os.close(reading)
    return writing

ended = []
for arguments, answer, out, error in json.loads(sys.argv.pop()):
    reading, writing = os.pipe()
    forked = os.fork()
    if not forked:
        os.dup2(globals()[out](), 1)
        os.dup2(globals()[error]() if error else writing, 2)
        os.close(writing)
        cli.app.command("print")(lambda: eval(answer))
        sys.argv += arguments
        cli.run()
    os.close(writing)
    with open(reading) as said:
        text = said.read()
    ended.append((os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]), text))
print(json.dumps(ended))
"""


@dataclass(frozen=True)
class Line:
    """A command line, where ``print`` prints the ``answer``; ``out`` and ``error`` are ``full`` or ``closed``."""

    arguments: tuple[str, ...]
    out: str
    error: str = ""
    answer: str = ""


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that runs the command."""
    return {**os.environ, "PYTHONPATH": PATH, "PYTHONUTF8": "1", **more}


def run(lines: Sequence[Line], **more: str) -> dict[Line, tuple[int, str]]:
    """Return how each ended: its exit code, and what it said on stderr."""
    told = json.dumps([(one.arguments, one.answer, one.out, one.error) for one in lines])
    command = [sys.executable, "-c", _PROGRAM, told]
    done = subprocess.run(command, env=environment(**more), capture_output=True, text=True, check=True)
    return {line: (code, said) for line, (code, said) in zip(lines, json.loads(done.stdout), strict=True)}
