"""What the examples are examples of. That each can be planned, as somebody copies it, is in ``test_terraform``."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.module.roots import EXAMPLES
from tests.readme import ROOT


def made(plan: dict[str, Any], kind: str, module: str = "module.callback") -> dict[str, dict[str, Any]]:
    """The planned resources of a type within a module, by their keys."""
    found = [one for one in plan["resource_changes"] if one["type"] == kind and one.get("module_address", "") == module]
    return {str(one.get("index")): one["change"]["after"] for one in found}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_says_how_to_apply_it(example: str) -> None:
    text = (ROOT / "examples" / example / "README.md").read_text()
    assert text.startswith(f"# {example}\n")
    assert "terraform init\nterraform apply" in text


def test_a_larger_stack_gives_its_bucket_key_network_and_boundary_and_keeps_them(plans: dict[str, Any]) -> None:
    plan = plans["existing-infrastructure"]
    assert not made(plan, "aws_s3_bucket") and not made(plan, "aws_s3_bucket_notification")
    assert set(made(plan, "aws_cloudwatch_event_rule")) == {"start", "process"}
    assert {len(one["vpc_config"]) for one in made(plan, "aws_lambda_function").values()} == {1}
    definition = json.loads(made(plan, "aws_sfn_state_machine")["direct"]["definition"])
    assert definition["States"]["Archive"]["Parameters"]["archived"] is True


def test_a_distribution_before_the_page_is_named_by_a_parameter_that_only_who_asks_reads(plans: dict[str, Any]) -> None:
    plan = plans["approval-cloudfront"]
    (parameter,) = made(plan, "aws_ssm_parameter", "").values()
    functions = made(plan, "aws_lambda_function")
    variables = functions["ask"]["environment"][0]["variables"]
    assert variables["SFN_CALLBACK_PAGE_URL_PARAMETER"] == parameter["name"] == "/sfn-callback-front/approval-url"
    readers = [name for name, one in made(plan, "aws_iam_role_policy").items() if "ssm:GetParameter" in one["policy"]]
    assert readers == ["ask"]


def test_two_regions_have_the_same_names_and_nothing_in_common(plans: dict[str, Any]) -> None:
    plan = plans["multi-instance"]
    first, second = (
        {
            one["bucket"]
            for name in ("invoices", "letters")
            for one in made(plan, "aws_s3_bucket", f'module.{module}["{name}"]').values()
        }
        for module in ("callback", "second")
    )
    assert {name.replace("central-1", "west-9") for name in first} == second
    assert len(first | second) == 4


def test_a_package_of_ones_own_has_the_workload_and_what_it_imports(module: Path, tmp_path: Path) -> None:
    zipped = str(shutil.copy(module / "examples" / "own-package" / "orders.zip", tmp_path))
    program = (
        "import orders; from sfn_callback import workload, ChunkRejected;"
        "work = workload.Workload(*workload.functions('orders', 'split', 'process', 'merge'));"
        "lines = [b'{\"customer\": \"ana\", \"cents\": 5}\\n'] * 150;"
        "chunks = list(work.split(lines));"
        "print(len(chunks), work.merge([work.process(chunk) for chunk in chunks]).decode());"
        "\ntry: work.process(b'{\"customer\": \"ana\"}')"
        "\nexcept ChunkRejected as problem: print(problem)"
        "\nprint(orders.fastjsonschema.__file__)"
    )  # fmt: skip
    # Isolated from everything else that is installed, but for the boto3 that Lambda's runtime has.
    run = [sys.executable, "-c", f"import sys; sys.path.insert(0, {zipped!r}); {program}"]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    merged, rejected, imported = done.stdout.splitlines()
    assert merged == '2 {"ana": 750}'
    assert rejected == "data must contain ['cents'] properties"
    assert imported.startswith(zipped)
