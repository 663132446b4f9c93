"""``make golden``: writes what the templates in ``states/`` render, and the states for machines of the callers' own.

And what the functions' environments say of them: all as ``tests/defaults.tftest.hcl`` plans them.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools import terraform

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden"


def main() -> int:
    """Write one file for each workflow, one for the output ``callback_states``, and one for the manifests."""
    for name, content in _contents():
        target = GOLDEN / name
        target.write_text(json.dumps(content, indent=2) + "\n")
        print(f"wrote tests/golden/{target.name}")
    return 0


def _contents() -> Iterator[tuple[str, Any]]:
    plan = _plan()
    for change in plan["resource_changes"]:
        if change["type"] == "aws_sfn_state_machine":
            yield f"{change['index']}.asl.json", json.loads(change["change"]["after"]["definition"])
    yield "callback_states.json", plan["output_changes"]["callback_states"]["after"]
    functions = [one["change"] | one for one in plan["resource_changes"] if one["type"] == "aws_lambda_function"]
    yield "manifest.json", {one["index"]: _manifest(one["after"]) for one in functions}


def _manifest(function: dict[str, Any]) -> Any:
    return json.loads(function["environment"][0]["variables"]["SFN_CALLBACK_MANIFEST"])


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
