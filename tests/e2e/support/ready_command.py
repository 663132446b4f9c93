"""A program whose copies are commands: it has done once what each of them would do before its first request.

It takes orders at a socket, ``ask_command`` has them, and ends when its standard input is closed. A command's pace is
not kept in it, because the local AWS has no quotas, and half of an account's would make ``doctor`` take five seconds:
tests/operator/test_throttled.py has that.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import typer.main

from sfn_callback.aws import session
from sfn_callback_operator import aws, cli, rate_limit
from testing import kept

_REGION = "eu-central-1"
_SERVICES = ("cloudwatch", "dynamodb", "events", "iam", "lambda", "logs", "s3", "sns", "sqs", "stepfunctions")
_MAX_ORDER = 1_000_000
_STREAMS = 3


def main(door: str) -> None:
    """Serve orders; in each copy, run what was ordered."""
    _make_ready()
    # Nobody waits for the copies that wait for commands.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as entrance:
        entrance.bind(door)
        entrance.listen()
        print("ready", flush=True)
        while entrance.fileno() in select.select([entrance.fileno(), 0], [], [])[0]:
            asked, _ = entrance.accept()
            if not os.fork():
                _answer(asked)
            asked.close()


def _make_ready() -> None:
    rate_limit.SHARE = 1_000
    # What Typer makes of the command's functions, and botocore of its files, is the same in each copy.
    typer.main.get_command = cache(typer.main.get_command)
    command: Any = typer.main.get_command(cli.app)
    command.commands["jobs"].make_context("jobs", [])
    kept.keep()
    for service in _SERVICES:
        session.shared().create_client(service, region_name=_REGION)
    aws.reset()
    gc.collect()
    gc.freeze()


def _answer(asked: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    order, streams, _, _ = socket.recv_fds(asked, _MAX_ORDER, _STREAMS)
    command = os.fork()
    if not command:
        asked.close()
        arguments, folder, environment = json.loads(order)
        _become(arguments, folder, environment, streams)
    for stream in streams:
        os.close(stream)
    _, status = os.waitpid(command, 0)
    asked.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(arguments: list[str], folder: str, environment: dict[str, str], streams: Sequence[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # As a new process has them, which are neither the starter's pipes nor what is buffered of those.
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["sfn-callback", *arguments]
    cli.run()


if __name__ == "__main__":
    main(sys.argv[1])
