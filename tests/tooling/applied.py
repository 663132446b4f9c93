"""Instances of the module that are applied to a local AWS by the real provider, side by side in one root module."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emulator.aws import LocalAws
from tests.e2e.support import kept_state
from tests.module import provider
from tests.readme import ROOT
from tools.terraform import BACKEND, Root
from tools.terraform_progress import Messages

PACKAGES = "packages-of-the-tests"
_ZIP = ROOT / "dist" / "sfn_callback.zip"
# A function whose package is a file waits for the one before it, some seconds each: the provider reads one at a time.
PACKAGE, ANOTHER = ({"bucket": PACKAGES, "key": key} for key in ("package.zip", "another.zip"))
# What others hold on to.
_TOLD = ("page_url", "callback_policies", "state_machine_arns", "approvals_topic_arn")


class Instances:
    """The module's instances, called with inputs that change."""

    def __init__(self, root: Root) -> None:
        self._root = root

    def apply(self, *, looking_first: bool = True, **instances: dict[str, Any]) -> Messages:
        """Apply instances with these inputs; return what Terraform has said, and what others hold on to as outputs."""
        self._given(instances)
        return self._root.applied(looking_first=looking_first)

    def plan(self, *, looking_first: bool = True, **instances: dict[str, Any]) -> Messages:
        """Plan instances with these inputs; return what Terraform has said.

        Without ``looking_first`` where it believes what the last apply has left.
        """
        self._given(instances)
        return self._root.plan(looking_first=looking_first)

    def _given(self, instances: dict[str, dict[str, Any]]) -> None:
        _write(self._root.module, instances)


def planned(said: Messages, instance: str) -> dict[str, str]:
    """How each resource of an instance would change, by its address within the instance."""
    own = f"module.{instance}."
    return {address.removeprefix(own): how for address, how in said.changes.items() if own in address}


@contextmanager
def running(folder: Path, local: LocalAws, *names: str) -> Iterator[Instances]:
    """Start one provider for all that is planned and applied of instances of these names; keep the state in memory."""
    s3 = local.client("s3")
    s3.create_bucket(Bucket=PACKAGES, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    for package in (PACKAGE, ANOTHER):
        s3.upload_file(str(_ZIP), PACKAGES, package["key"])
    # With a bundle the provider cannot be configured twice: it trusts whoever answers.
    environment = {name: value for name, value in local.environment.items() if name != "AWS_CA_BUNDLE"}
    with kept_state.served() as state:
        given = {**environment, **provider.SPARING, BACKEND: state}
        root = Root(folder, folder / "work", given, {})
        _write(folder, {name: {} for name in names})
        root.init()
        with provider.running(folder / "work" / "data", environment) as address:
            attached = Root(folder, root.work, {**given, provider.VARIABLE: address}, {})
            yield Instances(attached)


def _write(folder: Path, instances: dict[str, dict[str, Any]]) -> None:
    calls = {
        name: {"source": str(ROOT), "name": name, "package": PACKAGE, **given} for name, given in instances.items()
    }
    told = {name: {one: f"${{module.{name}.{one}}}" for one in _TOLD} for name in calls}
    root = {
        "terraform": {"backend": {"http": {}}},
        "provider": {"aws": {"insecure": True}},
        "module": calls,
        "output": {name: {"value": value} for name, value in told.items()},
    }
    (folder / "main.tf.json").write_text(json.dumps(root))
