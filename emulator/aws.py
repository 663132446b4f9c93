"""The local AWS: MiniStack in a process group of its own, on loopback, over TLS, with roles enforced.

TLS because the module's bucket refuses plain HTTP, to the functions' roles too; ``AUTH`` because a missing
permission must show here and not on AWS.
"""

import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import IO, Any

import boto3
import botocore.session
import trustme
from botocore.config import Config

from tools import children, shell
from tools.signals import owing, undisturbed

REGION = "eu-central-1"
_START_SECONDS = 60
_STOP_SECONDS = 3
# As server.py, which is no module to import, has it.
_RUN_ON = b"run on"
_SERVER = Path(__file__).resolve().with_name("server.py")


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS. ``environment`` is all that a client, or Terraform, needs to use it."""

    environment: dict[str, str]
    group: int
    log: Path
    leash: IO[bytes] | None = None
    """The server ends when this is closed: when whoever has started it is no more, however that has ended."""

    def client(self, service: str) -> Any:
        """Return a boto3 client with every right."""
        environment = self.environment
        return session().client(
            service,
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            region_name=environment["AWS_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            verify=environment["AWS_CA_BUNDLE"],
            config=Config(proxies={}),
        )

    def let_run_on(self) -> None:
        """Leave the server running when this process ends."""
        if self.leash:
            self.leash.write(_RUN_ON)
            self.leash.close()

    def stop(self) -> None:
        """End the server and its function workers."""
        children.end_group(self.group, _STOP_SECONDS)


@cache
def session() -> Any:
    """Return a session of boto3 that reads no variable and no file of the shell's owner."""
    files = {"config_file": os.devnull, "credentials_file": os.devnull}
    variables = {
        name: (setting, None, files.get(name, default), convert)
        for name, (setting, _, default, convert) in botocore.session.Session.SESSION_VARIABLES.items()
    }
    return boto3.Session(botocore_session=botocore.session.Session(variables))


def stop_left(folder: Path) -> bool:
    """Stop the local AWS that an earlier run has left in ``folder``; return whether there was one."""
    stopped = _stop_noted(folder)
    shutil.rmtree(folder, ignore_errors=True)
    return stopped


def _stop_noted(folder: Path) -> bool:
    noted = folder / "group"
    if not noted.exists():
        return False
    group = int(noted.read_text())
    # The number may by now be another process's.
    is_server = str(_SERVER) in _command(group)
    if is_server:
        children.end_group(group, _STOP_SECONDS)
    return is_server


def _command(process: int) -> str:
    listed = Path(f"/proc/{process}/cmdline")
    if listed.exists():
        return listed.read_text().replace("\0", " ")
    if shutil.which("ps") is None:
        return ""
    return subprocess.run(
        ["ps", "-o", "command=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout


@contextlib.contextmanager
def running(folder: Path, **options: str) -> Iterator[LocalAws]:
    """Start the local AWS, stop it at the end. ``options`` are MiniStack's environment variables."""
    with owing(partial(_stop_noted, folder)):
        yield start(folder, **options)


def start(folder: Path, **options: str) -> LocalAws:
    """Start the local AWS with its certificate, log and scratch files in ``folder``; return when it answers.

    Raises:
        RuntimeError: it ended, or does not answer within a minute; the log's end is in the message.
    """
    stop_left(folder)
    shutil.rmtree(folder, ignore_errors=True)
    scratch = folder / "tmp"
    scratch.mkdir(parents=True)
    port = _free_port()
    authority, certificate, key = make_certificate(folder)
    environment = shell.clean(os.environ) | {
        "AWS_ENDPOINT_URL": f"https://127.0.0.1:{port}",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CA_BUNDLE": str(authority),
    }
    return _launch(folder, environment, _server_options(port, certificate, key, scratch) | options)


def _launch(folder: Path, environment: dict[str, str], options: dict[str, str]) -> LocalAws:
    log = folder / "ministack.log"
    with log.open("wb") as output, undisturbed():
        process = subprocess.Popen(
            [sys.executable, "-P", str(_SERVER)],
            env=environment | options,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder / "tmp",
            start_new_session=True,
        )
        (folder / "group").write_text(str(process.pid))
    aws = LocalAws(environment, process.pid, log, process.stdin)
    try:
        _wait_until_healthy(aws, process)
    except BaseException:
        aws.stop()
        raise
    return aws


def _server_options(port: int, certificate: Path, key: Path, scratch: Path) -> dict[str, str]:
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(certificate),
        "MINISTACK_SSL_KEY": str(key),
        "MINISTACK_REGION": REGION,
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        # As Lambda tells its functions: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        # Functions run with the python3 that is first on the PATH: it must be the one that has boto3.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "TMPDIR": str(scratch),
    }


def make_certificate(folder: Path) -> tuple[Path, Path, Path]:
    """Make an authority, and a certificate of its for this host; return their files, and the certificate's key."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    paths = folder / "ca.pem", folder / "server.pem", folder / "server.key"
    authority.cert_pem.write_to_path(paths[0])
    issued.private_key_pem.write_to_path(paths[2])
    for blob in issued.cert_chain_pems:
        blob.write_to_path(paths[1], append=True)
    return paths


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_healthy(aws: LocalAws, process: "subprocess.Popen[bytes]") -> None:
    url = f"{aws.environment['AWS_ENDPOINT_URL']}/_ministack/health"
    trust = ssl.create_default_context(cafile=aws.environment["AWS_CA_BUNDLE"])
    https = urllib.request.HTTPSHandler(context=trust)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), https)
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError), direct.open(url, timeout=2) as answer:
            json.load(answer)
            return
        time.sleep(0.1)
    tail = "\n".join(aws.log.read_text(errors="replace").splitlines()[-20:])
    raise RuntimeError(f"The local AWS did not start. The end of its log, {aws.log}:\n{tail}")
