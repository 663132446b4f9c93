"""Root modules that are planned with the module's own tests: the examples, and what the pages of docs have to paste."""

import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.readme import DOCS, ROOT, block

EXAMPLES = sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_dir())
# Blocks within a list are indented.
MIGRATING = DOCS["migrating"].replace("\n   ", "\n")
# What a test file of Terraform begins with.
MOCKS = (ROOT / "tests" / "everything.tftest.hcl").read_text().partition("run ")[0]

_SECOND = """mock_provider "aws" {
  alias  = "second"
  source = "./tests/mocks"

  mock_data "aws_service_principal" {
    defaults = { region = "eu-west-9" }
  }
}
"""
_SOURCE = "git::https://git.example.com/terraform-aws-sfn-callback.git"
_PROVIDERS = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
}
"""
# As the description of the input `bucket` says.
_BUCKET = """
resource "aws_s3_bucket" "theirs" {
  bucket = "theirs"
}

resource "aws_s3_bucket_notification" "theirs" {
  bucket      = aws_s3_bucket.theirs.bucket
  eventbridge = true
}

module "callback" {
  source = "../.."

  name   = "docs"
  bucket = { name = aws_s3_bucket_notification.theirs.bucket, check = false }
}
"""
# Instances in one bucket: without a prefix, with one, with one within that, and beside it.
SHARED = {"whole": "", "outer": "a/", "inner": "a/b/", "other": "aa/"}
_SHARED = f"""{_PROVIDERS}
module "callback" {{
  source   = "../.."
  for_each = {{ {", ".join(f'{name} = "{prefix}"' for name, prefix in SHARED.items())} }}

  name      = each.key
  workflows = ["documents", "queue"]
  durable_functions = ["arn:aws:lambda:eu-central-1:123456789012:function:theirs"]
  bucket    = {{ name = "theirs", prefix = each.value, check = false }}
}}
"""
# What the README and docs/ show of instances, planned as one root.
_SHOWN = "shown"
IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/scans:1"
# To a test, what a check will only know after the apply is an error.
_GIVEN = {
    "approval-sign-in": """
domain             = "approvals.example.com"
certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1b2c"
vpc_id             = "vpc-1"
subnet_ids         = ["subnet-1", "subnet-2"]
oidc_client_secret = "secret"
oidc = {
  issuer                 = "https://login.example.com"
  authorization_endpoint = "https://login.example.com/authorize"
  token_endpoint         = "https://login.example.com/token"
  user_info_endpoint     = "https://login.example.com/userinfo"
  client_id              = "page"
}
""",
    "durable-function": 'package_path = "dist/sfn_callback.zip"',
    "image": f'package_path = "dist/sfn_callback.zip"\nimage_uri = "{IMAGE}"',
    "outside-worker": 'package_path = "dist/sfn_callback.zip"',
    "own-package": 'package_path = "examples/own-package/orders.zip"',
    "pdf-pages": 'package_path = "dist/sfn_callback.zip"',
}
# Whose plans tests read, besides those of docs.
_READ = (
    "approval-cloudfront",
    "approval-sign-in",
    "existing-infrastructure",
    "image",
    "multi-instance",
    "own-state-machine",
)


def add(copy: Path, pip: Mapping[str, str]) -> None:
    """Add them to a copy of the module, with a run for each: in ``read`` where its plan is read, or in ``examples``.

    ``pip``: the environment in which an example's package is built.
    """
    subprocess.run(["./build.sh"], cwd=copy / "examples" / "own-package", env=pip, check=True)
    pasted = {"bucket": _PROVIDERS + _BUCKET, "shared": _SHARED, "key": block("hcl", "# key.tf")}
    pasted |= {machine: _migrated(machine) for machine in ("pages", "orders")}
    pasted[_SHOWN] = _PROVIDERS + "\n".join(_instances()).replace(_SOURCE, "../..")
    for name, text in pasted.items():
        (copy / "pasted" / name).mkdir(parents=True)
        (copy / "pasted" / name / "main.tf").write_text(text)
    _package(copy / "count.zip", "count.py", block("python", "# count.py", MIGRATING))
    _package(copy / "my_words.zip", "my_words.py", block("python", "# my_words.py"))
    examples = {name: f"./examples/{name}" for name in EXAMPLES} | {_SHOWN: f"./pasted/{_SHOWN}"}
    _write_runs(
        copy / "tests" / "examples.tftest.hcl", {name: source for name, source in examples.items() if name not in _READ}
    )
    read = {name: examples[name] for name in _READ} | {name: f"./pasted/{name}" for name in pasted if name != _SHOWN}
    _write_runs(copy / "tests" / "read.tftest.hcl", read)


def _migrated(machine: str) -> str:
    return block("hcl", f":stateMachine:{machine}", MIGRATING).replace(_SOURCE, "../..")


def _instances() -> Iterator[str]:
    """Yield the blocks of the README and of docs/ that go into one root, each instance by a name of its own."""
    usage = block("hcl", "document_suffixes")
    for name, text in {"usage": usage, "words": block("hcl", 'workload = "my_words"')}.items():
        yield text.replace('module "callback"', f'module "{name}"').replace("module.callback.", f"module.{name}.")
    durable = block("hcl", "durable_functions = [").replace('module "callback"', 'module "durable"')
    yield durable.replace('source            = "…"', f'source            = "{_SOURCE}"')
    yield block("hcl", "Northwind Press")
    yield block("hcl", 'Next  = "Publish"')


def _package(path: Path, module: str, text: str) -> None:
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(module, text)


def _write_runs(file: Path, roots: dict[str, str]) -> None:
    file.write_text(MOCKS + _SECOND + "".join(map(_run, roots, roots.values())))


def _run(name: str, source: str) -> str:
    given = f"variables {{\n{_GIVEN.get(name, '')}\n}}"
    return f'run "{name}" {{\ncommand = plan\n{given}\nmodule {{\nsource = "{source}"\n}}\n}}\n'
