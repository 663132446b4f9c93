"""What a fresh process imports for a handler: that is its cold start, and says more than a time would."""

import json
import os
import pkgutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sfn_callback import handlers

ROOT = Path(__file__).resolve().parents[2]
HANDLERS = sorted(found.name for found in pkgutil.iter_modules(handlers.__path__))
BOTOCORE = (
    "import botocore.session; session = botocore.session.get_session();"
    "clients = [session.create_client(name) for name in ('s3', 'dynamodb')]"
)

EACH = """
import json, os, sys

botocores = set(sys.modules)
for handler in sys.argv[1:]:
    # As fresh as a process that has imported botocore alone.
    if child := os.fork():
        os.waitpid(child, 0)
        continue
    __import__(f"sfn_callback.handlers.{handler}")
    clients = sys.modules["sfn_callback.aws.clients"]._make.cache_info().currsize
    print(json.dumps([handler, {"modules": sorted(set(sys.modules) - botocores), "clients": clients}]), flush=True)
    os._exit(0)
"""
"""Says of each handler what it imports that botocore has not imported already, and how many clients it makes."""
STANDARD = {"gc", "secrets"}
"""What handlers import of the standard library that botocore has not imported already. boto3 and s3transfer are not."""


@cache
def imported(program: str, **environment: str) -> frozenset[str]:
    """Return the modules of a process that runs the program."""
    shown = f"{program}; import sys; print(*sys.modules)"
    given = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "SFN_CALLBACK_"))}
    process = subprocess.run(
        [sys.executable, "-c", shown],
        env={"PYTHONPATH": str(ROOT / "lambda_src"), **given, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(process.stdout.split())


@cache
def initialised() -> dict[str, dict[str, Any]]:
    """Return what each handler imports beyond what botocore does, and how many clients it makes."""
    # Without a workload: what that imports is its own.
    lambda_says = {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "SFN_CALLBACK_WORKLOAD": "none"}
    given = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "SFN_CALLBACK_"))}
    printed = subprocess.run(
        [sys.executable, "-c", f"{BOTOCORE}\n{EACH}", *HANDLERS],
        env={"PYTHONPATH": str(ROOT / "lambda_src"), **given, **lambda_says},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return dict(map(json.loads, printed.splitlines()))


def imported_by(handler: str) -> frozenset[str]:
    return frozenset(initialised()[handler]["modules"])


def wings(modules: frozenset[str]) -> set[str]:
    """Return the package's folders, and its modules beside them."""
    return {name.split(".")[1] for name in modules if name.startswith("sfn_callback.")}


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_starts_with_its_clients_and_imports_next_to_nothing_else(handler: str) -> None:
    assert initialised()[handler]["clients"]
    assert {name for name in imported_by(handler) if not name.startswith("sfn_callback")} <= STANDARD


def test_outside_lambda_botocores_session_waits_for_the_first_client() -> None:
    assert "botocore.session" not in imported("; ".join(f"import sfn_callback.handlers.{name}" for name in HANDLERS))


@pytest.mark.parametrize(
    ("handler", "foreign"),
    [
        ("process", {"approvals", "tasks"}),
        ("merge", {"approvals", "tasks"}),
        ("direct_worker", {"approvals", "documents", "fanin"}),
        ("queue_worker", {"approvals", "documents", "fanin"}),
        ("page", {"documents", "fanin", "tasks", "workload"}),
        ("http_start", {"approvals", "documents", "fanin", "workload"}),
    ],
)
def test_a_handler_imports_nothing_of_another_workflow(handler: str, foreign: set[str]) -> None:
    assert not wings(imported_by(handler)) & foreign
