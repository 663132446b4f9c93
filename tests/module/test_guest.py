"""The module as a guest: what a plan has, and has not, where it is told so."""

import re
from pathlib import Path
from typing import Any


def test_without_create_there_is_no_resource_and_every_output_is_null(module: Path, plans: dict[str, Any]) -> None:
    plan = plans["nothing_is_planned"]
    declared = re.findall(r'^output "(\w+)"', (module / "outputs.tf").read_text(), re.MULTILINE)
    known = {name: (change["after"], change["after_unknown"]) for name, change in plan["output_changes"].items()}
    assert [change["address"] for change in plan.get("resource_changes", []) if change["mode"] == "managed"] == []
    assert known == dict.fromkeys(declared, (None, False))
