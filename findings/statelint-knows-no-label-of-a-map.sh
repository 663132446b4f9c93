#!/usr/bin/env bash
# Guessed: a linter that knows Distributed Map's other fields (ItemBatcher, ResultWriter, ToleratedFailureCount) knows Label too.
# True: statelint refuses Label, which AWS documents beside them and which names the Map Run in every ARN of it.
# Without a label AWS makes one up, and a policy that is to name a Map Run exactly has nothing to name: lint with this one set aside.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder" statelint==3.1.0
# https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
PYTHONPATH="$folder" FOLDER="$folder" python3 - <<'PY'
import json
import os
from importlib.metadata import version
from pathlib import Path

from statelint.linter import Linter

FIELDS = {
    "Label": "parts",
    "MaxConcurrency": 3,
    "ToleratedFailureCount": 1,
    "ToleratedFailurePercentagePath": "$.tolerated",
    "ItemBatcher": {"MaxItemsPerBatch": 2},
    "ItemSelector": {"item.$": "$$.Map.Item.Value"},
}


def problems(field: str) -> list[str]:
    """Return what the linter says of a Distributed Map that has the field."""
    children = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}
    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    state = {"Type": "Map", "ItemProcessor": mode | children, "End": True, field: FIELDS[field]}
    path = Path(os.environ["FOLDER"]) / "machine.json"
    path.write_text(json.dumps({"StartAt": "Map", "States": {"Map": state}}))
    return list(Linter.validate(str(path)))


found = {field: problems(field) for field in FIELDS}
print("statelint", version("statelint"))
for field, said in found.items():
    print(f"{field:32}", said or "accepted")
assert found.pop("Label") == ['Field "Label" not allowed in State Machine.States.Map'], "Label is known now"
assert not any(found.values()), found
PY
