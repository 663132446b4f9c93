"""``make golden``: writes what the templates in ``states/`` render, as ``tests/defaults.tftest.hcl`` plans it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local import terraform

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden"


def main() -> int:
    """Write one file for each workflow."""
    for workflow, definition in _definitions():
        target = GOLDEN / f"{workflow}.asl.json"
        target.write_text(json.dumps(definition, indent=2) + "\n")
        print(f"wrote tests/golden/{target.name}")
    return 0


def _definitions() -> Iterator[tuple[str, Any]]:
    for change in _plan()["resource_changes"]:
        if change["type"] == "aws_sfn_state_machine":
            yield change["index"], json.loads(change["change"]["after"]["definition"])


def _plan() -> dict[str, Any]:
    command = ["test", "-json", "-verbose", "-filter=tests/defaults.tftest.hcl"]
    # The comparison with the old file fails, as it should: only the plan is wanted.
    said = subprocess.run(
        [sys.executable, "-m", terraform.__name__, *command], capture_output=True, text=True, check=False
    ).stdout
    messages = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return next(message["test_plan"] for message in messages if message["type"] == "test_plan" and _is_ours(message))


def _is_ours(message: dict[str, Any]) -> bool:
    return bool(message["@testrun"] == "every_rendered_machine_is_the_golden_one")


if __name__ == "__main__":
    sys.exit(main())
