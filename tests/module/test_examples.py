"""What the examples are examples of. That each can be planned, as somebody copies it, is in ``test_terraform``."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from tests.module.roots import IMAGE
from tests.readme import ROOT
from tools import hcl


def made(plan: dict[str, Any], kind: str, module: str = "module.callback") -> dict[str, dict[str, Any]]:
    """The planned resources of a type within a module, by their keys."""
    found = [one for one in plan["resource_changes"] if one["type"] == kind and one.get("module_address", "") == module]
    return {str(one.get("index")): one["change"]["after"] for one in found}


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


def test_a_load_balancer_has_everybody_sign_in_before_the_page(plans: dict[str, Any]) -> None:
    plan = plans["approval-sign-in"]
    (listener,) = made(plan, "aws_lb_listener", "").values()
    assert not made(plan, "aws_lb_listener_rule", "")
    first, second = sorted(listener["default_action"], key=lambda action: action["order"])
    assert (listener["protocol"], first["type"], second["type"]) == ("HTTPS", "authenticate-oidc", "forward")
    assert first["authenticate_oidc"][0]["on_unauthenticated_request"] == "authenticate"
    (targets,) = made(plan, "aws_lb_target_group", "").values()
    # A header that came twice must show: web.py believes no other.
    assert (targets["target_type"], targets["lambda_multi_value_headers_enabled"]) == ("lambda", True)
    ask = made(plan, "aws_lambda_function")["ask"]["environment"][0]["variables"]
    assert ask["SFN_CALLBACK_PAGE_URL"] == "https://approvals.example.com"


def test_nobody_gets_past_the_sign_in(plans: dict[str, Any]) -> None:
    plan = plans["approval-sign-in"]
    assert made(plan, "aws_lambda_function_url")["page"]["authorization_type"] == "AWS_IAM"
    assert not made(plan, "aws_cloudformation_stack")
    (may,) = made(plan, "aws_lambda_permission", "").values()
    assert (may["function_name"], may["qualifier"]) == ("sfn-callback-sign-in-page", "live")
    assert (may["principal"], may["action"]) == ("elasticloadbalancing.amazonaws.com", "lambda:InvokeFunction")
    folder = ROOT / "examples" / "approval-sign-in"
    written = hcl.blocks("resource", folder)
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#prepare-lambda-function
    assert written["aws_lambda_permission.page"]["source_arn"] == "${aws_lb_target_group.page.arn}"
    assert written["aws_lb_target_group_attachment.page"]["target_id"] == "${module.callback.page_function_arn}"


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


def test_the_function_that_needs_it_is_an_image_and_the_others_have_a_zip(plans: dict[str, Any]) -> None:
    functions = made(plans["image"], "aws_lambda_function")
    image = functions.pop("process")
    assert (image["image_uri"], image["package_type"], image.get("filename")) == (IMAGE, "Image", None)
    assert image["image_config"][0]["command"] == ["sfn_callback.handlers.process.handler"]
    assert {one["package_type"] for one in functions.values()} == {"Zip"}


def test_the_images_workload_is_in_its_zip_and_its_build_folder_and_is_tested_by_a_command(tmp_path: Path) -> None:
    folder = shutil.copytree(ROOT / "examples" / "image", tmp_path / "examples" / "image")
    shutil.copytree(ROOT / "lambda_src" / "sfn_callback", tmp_path / "lambda_src" / "sfn_callback")
    subprocess.run(["./build.sh"], cwd=folder, env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}, check=True)
    assert {path.name for path in (folder / "build").iterdir()} == {"scans.py", "sfn_callback"}
    pages = io.BytesIO()
    with zipfile.ZipFile(pages, "w") as scans:
        scans.writestr("pages/2.png", b"second")
        scans.writestr("pages/1.png", b"first")
    program = (
        f"import io, sys; sys.path.insert(0, {str(folder / 'scans.zip')!r});"
        "from sfn_callback import workload;"
        "work = workload.Workload(*workload.functions('scans', 'split', 'process', 'merge'));"
        "print([one.name for one in work.split(io.BytesIO(sys.stdin.buffer.read()))], work.merge([b'a', b'b']))"
    )
    done = subprocess.run([sys.executable, "-c", program], input=pages.getvalue(), capture_output=True, check=True)
    assert done.stdout.decode() == "['pages/1.png', 'pages/2.png'] b'a\\x0cb'\n"


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
