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
    plan, with_parts = _plans()
    machines = {one["index"]: one for one in _planned(with_parts, "aws_sfn_state_machine")}
    machines |= {one["index"]: one for one in _planned(plan, "aws_sfn_state_machine")}
    for workflow, machine in machines.items():
        yield f"{workflow}.asl.json", json.loads(machine["after"]["definition"])
    yield "callback_states.json", plan["output_changes"]["callback_states"]["after"]
    yield "manifest.json", _manifests(_planned(plan, "aws_lambda_function"))


def _planned(plan: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one["change"] | one for one in plan["resource_changes"] if one["type"] == kind]


def _manifests(functions: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what each function says of itself, and once what every one of them says."""
    variables = {one["index"]: one["after"]["environment"][0]["variables"] for one in functions}
    own = {handler: json.loads(given["SFN_CALLBACK_MANIFEST"]) for handler, given in variables.items()}
    of_all = [{name: manifest.pop(name) for name in ("dead_letters", "handlers")} for manifest in own.values()]
    return {"each": own, "every": of_all[0]}


def _plans() -> Iterator[dict[str, Any]]:
    command = ["test", "-json", "-verbose", "-filter=tests/defaults.tftest.hcl"]
    # The comparison with the old file fails, as it should: only the plan is wanted.
    output = subprocess.run(
        [sys.executable, "-m", terraform.__name__, *command], capture_output=True, text=True, check=False
    ).stdout
    messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    plans = {message["@testrun"]: message["test_plan"] for message in messages if message["type"] == "test_plan"}
    return map(
        plans.__getitem__,
        ("every_workflow_by_its_defaults_is_the_golden_one", "the_machine_of_parts_is_the_golden_one"),
    )


if __name__ == "__main__":
    sys.exit(main())
