"""What functions say of themselves, as ``make golden`` has Terraform plan it: ``tests/golden/manifest.json``."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

_SAID = json.loads((Path(__file__).resolve().parents[1] / "tests" / "golden" / "manifest.json").read_text())
_PLANNED = {handler: {**own, **_SAID["every"]} for handler, own in _SAID["each"].items()}


def of(handler: str, there: Collection[str], account: str) -> dict[str, Any]:
    """Return the manifest of a handler's function, in an account in which only the functions of ``there`` are."""
    planned: dict[str, Any] = json.loads(json.dumps(_PLANNED[handler]).replace("123456789012", account))
    elsewhere = {queue for one, row in _PLANNED.items() if one not in there for queue in row["queues"]}
    handlers = {workflow: [one for one in all_ if one in there] for workflow, all_ in planned["handlers"].items()}
    dead_letters = [queue for queue in planned["dead_letters"] if queue not in elsewhere]
    return {**planned, "handlers": handlers, "dead_letters": dead_letters}
