"""What a fresh process imports for a handler: that is its cold start, and says more than a time would."""

import os
import pkgutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from sfn_callback import handlers

ROOT = Path(__file__).resolve().parents[2]
HANDLERS = sorted(found.name for found in pkgutil.iter_modules(handlers.__path__))
BOTOCORE = (
    "import botocore.session; session = botocore.session.get_session();"
    "clients = [session.create_client(name) for name in ('s3', 'dynamodb')]"
)

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


def imported_by(handler: str) -> frozenset[str]:
    # Without a workload: what that imports is its own.
    lambda_says = {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "SFN_CALLBACK_WORKLOAD": "none"}
    return imported(f"import sfn_callback.handlers.{handler}", **lambda_says)


def wings(modules: frozenset[str]) -> set[str]:
    """Return the package's folders, and its modules beside them."""
    return {name.split(".")[1] for name in modules if name.startswith("sfn_callback.")}


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_starts_with_its_clients_and_imports_next_to_nothing_else(handler: str) -> None:
    modules = imported_by(handler)
    assert "botocore.session" in modules
    foreign = modules - imported(BOTOCORE)
    assert {name for name in foreign if not name.startswith("sfn_callback")} <= STANDARD


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
