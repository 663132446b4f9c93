"""Wrong inputs are refused before anything is made, each with the sentence that says what to change."""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.module.conftest import Said, terraform
from tests.module.refusals import INPUTS, PREFIX, TOGETHER
from tools import hcl


@pytest.fixture(scope="module")
def validated(module: Path) -> dict[str, str]:
    """What ``terraform validate`` says of each of ``INPUTS``, in a stack that gives all to what declares them."""
    folder = module / "refusals"
    (folder / "inputs").mkdir(parents=True)
    shutil.copy(module / "variables.tf", folder / "inputs")
    lines = [line for number, inputs in enumerate(_calls()) for line in _call(number, inputs)]
    (folder / "main.tf").write_text("\n".join(lines))
    terraform(folder, "init", "-backend=false")
    said: dict[str, str] = defaultdict(str)
    for problem in json.loads(terraform(folder, "validate", "-json").stdout)["diagnostics"]:
        said[lines[problem["range"]["start"]["line"] - 1]] += problem["detail"]
    return said


def _calls() -> Iterator[list[str]]:
    """``INPUTS`` in few calls, none of which has the same input twice."""
    left = list(INPUTS)
    while left:
        call = {wrong.split()[0]: wrong for wrong in left}
        left = [wrong for wrong in left if wrong not in call.values()]
        yield list(call.values())


def _call(number: int, inputs: list[str]) -> list[str]:
    name = [] if inputs[0].startswith("name") else ['name = "docs"']
    return [f'module "refused_{number}" {{', 'source = "./inputs"', *name, *inputs, "}"]


@pytest.mark.parametrize(("wrong", "sentence"), INPUTS.items(), ids=INPUTS)
def test_a_wrong_input_is_refused_with_a_sentence(validated: dict[str, str], wrong: str, sentence: str) -> None:
    assert sentence in validated[wrong]


def test_every_validation_refuses_something(validated: dict[str, str]) -> None:
    validations = [one for block in hcl.blocks("variable").values() for one in block.get("validation", [])]
    refused = "".join(validated.values())
    said = [hcl.sentence(one["error_message"]) for one in validations]
    assert [one for one in said if one not in refused] == []


@pytest.mark.parametrize(("plan", "wrong"), [(plan, wrong) for plan, rows in TOGETHER.items() for wrong in rows])
def test_inputs_that_do_not_go_together_are_told(said: Said, plan: str, wrong: str) -> None:
    sentence, rows = TOGETHER[plan][wrong], list(TOGETHER[plan].values())
    told = [one["detail"] for one in said.of(f"{PREFIX}{plan}")]
    # Once for each of the rows of which the same is said.
    assert sum(sentence in one for one in told) == rows.count(sentence)
    assert len(told) == len(rows)
