"""The smallest runs of what a document in parts adds, each with the grants that it needs: see ``test_roles``."""

import json
import uuid
from typing import Any

from sfn_callback import ids
from sfn_callback.documents.events import DocumentAt, Job, Part
from tests.e2e.conftest import wait_for
from tests.e2e.support.scenarios_documents import RESULT, leaves_nothing_of_an_upload, put, there
from tests.e2e.support.standins import StandIn
from tests.e2e.support.workbench import expect
from tests.e2e.support.workload import BREAKS

EXECUTION = "arn:aws:states:eu-central-1:000000000000:execution:any:one"


def cuts(on: StandIn) -> None:
    key = put(on, "documents/cut.txt", b"one two\n")
    cut = on.invoke({"document": {"bucket": on.bench.name, "key": key}, "execution": EXECUTION})
    expect(cut["total"] == 1, "it has no part")


def cuts_a_version(on: StandIn) -> None:
    key = put(on, "documents/cut.txt", b"one two\n")
    version = on.bench.s3.head_object(Bucket=on.bench.name, Key=key)["VersionId"]
    given = {"bucket": on.bench.name, "key": key, "version": version}
    on.invoke({"document": given, "execution": EXECUTION})


def says_that_there_is_nothing_to_cut(on: StandIn) -> None:
    given = {"bucket": on.bench.name, "key": f"documents/{uuid.uuid4()}"}
    expect(on.error({"document": given, "execution": EXECUTION}) == "DocumentNotFound", "another reason was given")


def combines(on: StandIn) -> None:
    job = a_part(on, RESULT)
    on.invoke({"job": job, "failed": 0})
    expect(there(on, f"parts/{job['document']['part']['parent']}/"), "nothing combined")


def leaves_nothing_of_a_part_that_breaks(on: StandIn) -> None:
    leaves_nothing_of_an_upload(on, {"job": a_part(on, BREAKS), "failed": 0})


def a_part(on: StandIn, result: bytes) -> dict[str, Any]:
    """A job of one chunk, which is a document's only part."""
    job, at = ids.new_job(), Part(ids.new_job(), 0, 0, 1, '"0"')
    put(on, f"results/{job}/00000000", result)
    return Job(job, job, 1, 0, document=DocumentAt(on.bench.name, "documents/d", part=at)).as_json()


def merges_parts(on: StandIn) -> None:
    whole = combined(on, RESULT)
    on.invoke(whole)
    expect(there(on, f"merged/d/{whole['parent']}"), "nothing merged")


def leaves_nothing_of_merged_parts_that_break(on: StandIn) -> None:
    leaves_nothing_of_an_upload(on, combined(on, BREAKS))


def combined(on: StandIn, body: bytes) -> dict[str, Any]:
    """A document whose only part is combined."""
    parent, key = ids.new_job(), "documents/d"
    told = {"chunks": "1", "failed": "0"}
    on.bench.s3.put_object(Bucket=on.bench.name, Key=f"parts/{parent}/00000000", Body=body, Metadata=told)
    return {"bucket": on.bench.name, "key": key, "version": None, "options": {}, "parent": parent, "total": 1}


def stops_the_parts_that_run(on: StandIn) -> None:
    parent = ids.new_job()
    begun = on.bench.machines.start_execution(
        stateMachineArn=on.environment["SFN_CALLBACK_STATE_MACHINE_ARN"],
        name=f"part_{parent}_0_0",
        input=json.dumps({"bucket": on.bench.name, "key": "documents/none.txt"}),
    )["executionArn"]
    try:
        on.invoke(failed(parent))
        expect(_status(on, begun) == "ABORTED", "it was not stopped")
    finally:
        on.bench.machines.stop_execution(executionArn=begun)


def says_which_part_failed(on: StandIn) -> None:
    parent = ids.new_job()
    begun = on.bench.machines.start_execution(
        stateMachineArn=on.environment["SFN_CALLBACK_STATE_MACHINE_ARN"], name=f"part_{parent}_0_0", input="{}"
    )["executionArn"]
    wait_for(lambda: _status(on, begun) == "FAILED")
    expect("Part 0 failed first" in on.invoke(failed(parent))["Cause"], "it is not said")


def failed(parent: str) -> dict[str, Any]:
    caught = {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "for a test"}
    return {"execution": str(uuid.uuid4()), "state": {"parent": parent, "run": "0", "failure": caught}}


def _status(on: StandIn, execution: str) -> str:
    status: str = on.bench.machines.describe_execution(executionArn=execution)["status"]
    return status
