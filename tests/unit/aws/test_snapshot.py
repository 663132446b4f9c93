"""What each environment has for itself that Lambda restores from one snapshot (SnapStart).

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.readme import ROOT
from tests.tooling.loopback import Quiet, serving

RESTORED = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "prove" else 20
HOOKS = """
hooks = []


def register_after_restore(function, *arguments, **named):
    hooks.append((function, arguments, named))
    return function
"""


@dataclass
class Aws:
    """A service that never answers a request, and credentials for it: what came over which connection, and when."""

    connections: Iterator[int] = field(default_factory=count)
    taken: bool = False
    credentials: list[bool] = field(default_factory=list)
    before: set[int] = field(default_factory=set)
    after: set[int] = field(default_factory=set)
    requests: list[tuple[str, str]] = field(default_factory=list)
    early: list[str] = field(default_factory=list)

    def came(self, connection: int, path: str) -> None:
        (self.after if self.taken else self.before).add(connection)
        if not self.taken:
            self.early.append(path)

    def new_credentials(self) -> dict[str, str]:
        """Those of the snapshot are about to expire when it is restored; botocore gets others ten minutes before."""
        self.credentials.append(self.taken)
        lasting = timedelta(hours=6) if self.taken else timedelta(minutes=5)
        secret = {"SecretAccessKey": "secret", "Token": "token"}
        expires = f"{datetime.now(UTC) + lasting:%Y-%m-%dT%H:%M:%SZ}"
        return {"AccessKeyId": f"KEY{len(self.credentials)}", "Expiration": expires, **secret}


def handler(aws: Aws) -> type[Quiet]:
    class Handler(Quiet):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            self.number = next(aws.connections)

        def do_GET(self) -> None:
            if self.path == "/snapshot":
                aws.taken = True
                self.answer(200, {})
                return
            aws.came(self.number, self.path)
            self.answer(200, aws.new_credentials())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            aws.came(self.number, self.headers["x-amz-target"])
            key = self.headers["authorization"].partition("Credential=")[2].partition("/")[0]
            aws.requests.append((key, self.headers["amz-sdk-invocation-id"]))
            self.answer(503, {})

        def answer(self, status: int, body: dict[str, str]) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    return Handler


@pytest.fixture
def aws() -> Iterator[tuple[Aws, str]]:
    with ExitStack() as stack:
        made = Aws()
        yield made, f"http://{stack.enter_context(serving(handler(made)))}"


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """A folder with what the runtime has of hooks."""
    (tmp_path / "snapshot_restore_py.py").write_text(HOOKS)
    return tmp_path


def run(url: str, program: list[str], *folders: Path, initialisation: str = "snap-start") -> str:
    """Run a program where Lambda initialises a function for a snapshot; return what it printed."""
    given = {name: value for name, value in os.environ.items() if name.startswith("SFN_CALLBACK_")}
    return subprocess.run(
        [sys.executable, *program],
        env={
            **given,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "token",
            "AWS_ENDPOINT_URL": url,
            "AWS_LAMBDA_INITIALIZATION_TYPE": initialisation,
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "PYTHONPATH": os.pathsep.join(map(str, [ROOT / "lambda_src", ROOT, *folders])),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def restored(url: str, runtime: Path, how: str, times: int) -> list[dict[str, Any]]:
    printed = run(url, ["-m", "tests.unit.aws.restored", how, str(times)], runtime)
    return [json.loads(line) for line in printed.splitlines()]


@pytest.mark.prove
def test_each_environment_that_is_restored_has_its_own_chance_names_credentials_and_connections(
    aws: tuple[Aws, str], runtime: Path
) -> None:
    seen, url = aws
    found = restored(url, runtime, "hooks", RESTORED)
    assert len(found) == RESTORED
    for number in range(3):
        assert len({one["pauses"][number] for one in found}) == RESTORED
    assert len({tuple(one["order"]) for one in found}) == RESTORED
    assert len({name for one in found for name in one["names"]}) == 3 * RESTORED
    # Each gets credentials for itself, and signs with nothing of the snapshot's.
    assert seen.credentials == [False] + [True] * RESTORED
    keys, invocations = ({one[which] for one in seen.requests} for which in (0, 1))
    assert len(keys) == len(invocations) == RESTORED
    assert "KEY1" not in keys
    assert not seen.before & seen.after


def test_no_clock_is_in_a_snapshot(aws: tuple[Aws, str], runtime: Path) -> None:
    for one in restored(aws[1], runtime, "hooks", 2):
        before, left = one["left"]
        assert before is None
        assert 0 < left <= 3600
        assert one["age"] >= 0


def test_without_hooks_all_would_draw_alike_and_use_the_connection_of_the_snapshot(
    aws: tuple[Aws, str], runtime: Path
) -> None:
    seen, url = aws
    found = restored(url, runtime, "without", 10)
    assert len({tuple(one["pauses"]) for one in found}) == 1
    assert len({tuple(one["order"]) for one in found}) == 1
    assert seen.before & seen.after
    # What the kernel draws differs anyway: VMs that are restored from one snapshot get it seeded anew.
    assert len({name for one in found for name in one["names"]}) == 30


def test_while_they_initialise_handlers_ask_only_for_credentials_and_nobody_for_chance_or_the_time(
    aws: tuple[Aws, str], runtime: Path
) -> None:
    assert json.loads(run(aws[1], ["-m", "tests.unit.aws.restored", "watch"], runtime)) == []
    assert set(aws[0].early) == {"/credentials"}


def test_where_the_runtime_has_no_hooks_a_function_initialises_all_the_same(aws: tuple[Aws, str]) -> None:
    run(aws[1], ["-c", "import sfn_callback.handlers.process"])


def test_without_a_snapshot_nothing_is_registered(aws: tuple[Aws, str], runtime: Path) -> None:
    shown = "import sfn_callback.handlers.process, sys; print('snapshot_restore_py' in sys.modules)"
    assert run(aws[1], ["-c", shown], runtime, initialisation="on-demand").strip() == "False"
