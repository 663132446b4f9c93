"""The machines, and the states for machines of the callers' own, as ``tests/golden`` has them."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = sorted((ROOT / "tests" / "golden").glob("*.asl.json"))
MACHINES: dict[str, Any] = {path.name.partition(".")[0]: json.loads(path.read_text()) for path in GOLDEN}
FRAGMENTS: dict[str, Any] = json.loads((ROOT / "tests" / "golden" / "callback_states.json").read_text())


def tasks() -> list[Any]:
    """Every Task state, as parameters of a test."""
    states = {
        f"{workflow}-{name}": state
        for workflow, machine in MACHINES.items()
        for name, state in machine["States"].items()
    }
    return [pytest.param(state, id=name) for name, state in states.items() if state["Type"] == "Task"]
