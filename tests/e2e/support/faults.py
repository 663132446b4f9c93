"""Things that break on AWS, broken here for a while."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sfn_callback import ids
from tests.e2e.conftest import Instance, Stack
from tests.readme import ROOT

_LONG_CHUNKS = 8


@contextmanager
def silent(instance: Instance) -> Iterator[None]:
    """The bucket tells nobody of chunks."""
    place = {"Bucket": instance.bucket}
    complete = instance.s3.get_bucket_notification_configuration(**place)
    del complete["ResponseMetadata"]
    assert "chunks/" in json.dumps(complete["LambdaFunctionConfigurations"])
    configuration = {"QueueConfigurations": complete["QueueConfigurations"]}
    instance.s3.put_bucket_notification_configuration(**place, NotificationConfiguration=configuration)
    try:
        yield
    finally:
        instance.s3.put_bucket_notification_configuration(**place, NotificationConfiguration=complete)


@contextmanager
def unable(stack: Stack, instance: Instance, *handlers: str, to: str) -> Iterator[None]:
    """Take the statement ``to``, but for its heartbeats, from the handlers' roles, as a careless change does."""
    with ExitStack() as taken:
        for handler in handlers:
            taken.enter_context(_without(stack, instance, handler, to))
        yield


@contextmanager
def _without(stack: Stack, instance: Instance, handler: str, statement: str) -> Iterator[None]:
    iam, name = stack.local.client("iam"), instance.outputs["function_names"][handler]
    role = instance.functions.get_function_configuration(FunctionName=name)["Role"].rpartition("/")[2]
    place = {"RoleName": role, "PolicyName": "handler"}
    before = iam.get_role_policy(**place)["PolicyDocument"]
    (taken,) = (one for one in before["Statement"] if one["Sid"] == statement)
    actions = [action for action in taken["Action"] if action == "states:SendTaskHeartbeat"]
    left = [one for one in before["Statement"] if one is not taken] + [{**taken, "Action": actions}] * bool(actions)
    iam.put_role_policy(**place, PolicyDocument=json.dumps({**before, "Statement": left}))
    try:
        yield
    finally:
        iam.put_role_policy(**place, PolicyDocument=json.dumps(before))


@contextmanager
def turned_away(instance: Instance) -> Iterator[None]:
    """Have Lambda turn chunks away: the one that may be processed at a time takes long, and others wait before ours."""
    name, place = instance.outputs["function_names"]["process"], {"Bucket": instance.bucket}
    keys = [f"chunks/{ids.new_job()}/{index:08d}" for index in range(_LONG_CHUNKS)]
    before = instance.functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"]
    instance.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    for key in keys:
        instance.s3.put_object(**place, Key=key, Body=b"!sleep 15\n")
    # Their events are on their way before those that are to wait.
    time.sleep(2)
    try:
        yield
    finally:
        # Those that still wait would take as long after that.
        for key in keys:
            instance.s3.delete_object(**place, Key=key)
        instance.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=before)


@contextmanager
def half_a_deploy(instance: Instance, handler: str) -> Iterator[None]:
    """Have the handler's function another package than the others, without what it needs."""
    name, empty = instance.outputs["function_names"][handler], io.BytesIO()
    with zipfile.ZipFile(empty, "w") as package:
        package.writestr("forgotten.py", "")
    _deploy(instance, name, empty.getvalue())
    try:
        yield
    finally:
        _deploy(instance, name, (ROOT / "dist" / "sfn_callback.zip").read_bytes())


def _deploy(instance: Instance, function: str, package: bytes) -> None:
    instance.functions.update_function_code(FunctionName=function, ZipFile=package)
    # As a deploy does: until then Lambda calls it pending, and so does `doctor`.
    instance.functions.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})
