"""The examples that other tests only plan: applied as somebody who copies them does, used, planned again, destroyed.

A file is an example's, and has a local AWS of its own.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from demo.contract import EVERYWHERE
from emulator import aws
from emulator.aws import LocalAws
from tests.e2e.conftest import wait_for
from tests.e2e.support.lifecycle import left
from tests.readme import ROOT
from tools.terraform import Root

TEXT = b"one\n\ntwo two\n"
SECOND_REGION = "eu-west-1"


@dataclass(frozen=True)
class Example:
    """An example that is applied."""

    local: LocalAws
    root: Root
    outputs: dict[str, Any]

    def merged(self, bucket: str, document: bytes = TEXT) -> Any:
        """Drop a document; return what it is merged into."""
        s3 = self.local.client("s3")
        s3.put_object(Bucket=bucket, Key="documents/one.txt", Body=document)
        (item,) = wait_for(lambda: s3.list_objects_v2(Bucket=bucket, Prefix="merged/").get("Contents"))
        return json.load(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"])

    def destroyed(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Destroy it; return what is left, here and in the second region."""
        self.root.destroy()
        there = replace(self.local, environment={**self.local.environment, "AWS_REGION": SECOND_REGION})
        return left(self.local), left(there)


@pytest.fixture(scope="module")
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    """The file's example, applied with its defaults but for what the local AWS asks for."""
    name = request.module.EXAMPLE
    work = tmp_path_factory.mktemp(name)
    variables = {**EVERYWHERE, **({"package_path": _built(work)} if name == "own-package" else {})}
    with aws.running(work / "aws", LAMBDA_ASYNC_RETRY_BASE_SECONDS="0.3") as local:
        root = Root(ROOT / "examples" / name, work / "terraform", local.environment, variables)
        root.init()
        yield Example(local, root, root.apply())


def _built(work: Path) -> str:
    """Build the package as the example's README says, in a copy."""
    folder = work / "examples" / "own-package"
    shutil.copytree(ROOT / "examples" / "own-package", folder)
    shutil.copytree(ROOT / "lambda_src", work / "lambda_src")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["./build.sh"], cwd=folder, env={**os.environ, "PATH": path}, check=True)
    return str(folder / "orders.zip")
