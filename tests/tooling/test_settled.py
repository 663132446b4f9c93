"""A caller's bucket is looked at by each plan and leaves none with a change, so that an alarm on drift falls silent."""

import json
from contextlib import suppress
from typing import Any

import pytest

from emulator.aws import LocalAws
from tests.e2e.support.lifecycle import changes
from tests.readme import ROOT
from tools.terraform import Root

WARNING = "does not send its events to EventBridge"


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory, local_aws: LocalAws) -> Root:
    """The module in a bucket of another stack's, which tells EventBridge, applied."""
    s3, folder = local_aws.client("s3"), tmp_path_factory.mktemp("settled")
    for bucket in ("settled-theirs", "settled-packages"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    s3.upload_file(str(ROOT / "dist" / "sfn_callback.zip"), "settled-packages", "package.zip")
    tell_of_bucket(local_aws, eventbridge=True)
    call = {
        "source": str(ROOT),
        "name": "settled",
        "bucket": {"name": "settled-theirs"},
        "package": {"bucket": "settled-packages", "key": "package.zip"},
    }
    (folder / "main.tf.json").write_text(json.dumps({"module": {"this": call}, "provider": {"aws": {}}}))
    root = Root(folder, folder / "work", local_aws.environment, {})
    root.init()
    root.apply()
    return root


def tell_of_bucket(local_aws: LocalAws, *, eventbridge: bool) -> None:
    """Have Cloud Control, which knows here only what it was told, tell of the bucket as AWS does."""
    control: Any = local_aws.client("cloudcontrol")
    place = {"TypeName": "AWS::S3::Bucket", "Identifier": "settled-theirs"}
    switch = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}} if eventbridge else {}
    state = json.dumps({"BucketName": "settled-theirs", "NotificationConfiguration": switch})
    with suppress(control.exceptions.ResourceNotFoundException):
        control.delete_resource(**place)
    control.create_resource(TypeName=place["TypeName"], DesiredState=state)


def test_two_plans_after_an_apply_change_and_read_nothing_and_a_third_warns_of_a_bucket_that_is_switched_off(
    guest: Root, local_aws: LocalAws
) -> None:
    assert [changes(guest), changes(guest)] == [[], []]
    assert WARNING not in guest.said()
    tell_of_bucket(local_aws, eventbridge=False)
    assert changes(guest) == []
    assert WARNING in guest.said()
