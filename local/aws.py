"""The local AWS: MiniStack in a process group of its own, on loopback, over TLS, with roles enforced.

TLS because the module's bucket refuses plain HTTP, to the functions' roles too; ``AUTH`` because a missing
permission must show here and not on AWS.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import trustme

REGION = "eu-central-1"
_START_SECONDS = 60
_STOP_SECONDS = 3
_SERVER = Path(__file__).resolve().with_name("server.py")


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS. ``environment`` is all that a client, or Terraform, needs to use it."""

    environment: dict[str, str]
    group: int
    log: Path

    def client(self, service: str) -> Any:
        """Return a boto3 client with every right."""
        ours = self.environment
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=ours["AWS_ENDPOINT_URL"],
            region_name=ours["AWS_REGION"],
            aws_access_key_id=ours["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ours["AWS_SECRET_ACCESS_KEY"],
            verify=ours["AWS_CA_BUNDLE"],
        )

    def stop(self) -> None:
        """End the server and its function workers."""
        _stop(self.group)


def stop_left(folder: Path) -> bool:
    """Stop the local AWS that an earlier run has left in ``folder``; return whether there was one."""
    noted = folder / "group"
    if not noted.exists():
        return False
    group = int(noted.read_text())
    # The number may by now be another process's.
    ours = str(_SERVER) in _command(group)
    if ours:
        _stop(group)
    shutil.rmtree(folder, ignore_errors=True)
    return ours


def _command(process: int) -> str:
    listed = Path(f"/proc/{process}/cmdline")
    if listed.exists():
        return listed.read_text().replace("\0", " ")
    if shutil.which("ps") is None:
        return ""
    return subprocess.run(
        ["ps", "-o", "command=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout


def _stop(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            _reap(group)
            os.killpg(group, 0)
            time.sleep(0.1)
        os.killpg(group, signal.SIGKILL)
    _reap(group)


@contextlib.contextmanager
def running(folder: Path, **options: str) -> Iterator[LocalAws]:
    """Start the local AWS, stop it at the end. ``options`` are MiniStack's environment variables."""
    aws = start(folder, **options)
    try:
        yield aws
    finally:
        aws.stop()


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
    authority, certificate, key = _certificate(folder)
    environment = _without_aws() | {
        "AWS_ENDPOINT_URL": f"https://127.0.0.1:{port}",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CA_BUNDLE": str(authority),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return _launch(folder, environment, _server_options(port, certificate, key, scratch) | options)


def _launch(folder: Path, environment: dict[str, str], options: dict[str, str]) -> LocalAws:
    log = folder / "ministack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", str(_SERVER)],
            env=environment | options,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder / "tmp",
            start_new_session=True,
        )
    (folder / "group").write_text(str(process.pid))
    aws = LocalAws(environment, process.pid, log)
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


def _without_aws() -> dict[str, str]:
    # A real account's profile, keys or endpoints must never reach the demo or the tests.
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return ours | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def _certificate(folder: Path) -> tuple[Path, Path, Path]:
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
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError), urllib.request.urlopen(url, timeout=2, context=trust) as answer:  # noqa: S310 # nosec B310
            json.load(answer)
            return
        time.sleep(0.1)
    tail = "\n".join(aws.log.read_text(errors="replace").splitlines()[-20:])
    raise RuntimeError(f"The local AWS did not start. The end of its log, {aws.log}:\n{tail}")


def _reap(group: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(group, os.WNOHANG)
