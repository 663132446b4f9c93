"""What each function is granted, and the smallest run of it that needs that: the table of ``test_roles``."""

from collections.abc import Callable

from tests.e2e.conftest import wait_for
from tests.e2e.support import scenarios_documents as documents
from tests.e2e.support import scenarios_parts as parts
from tests.e2e.support import scenarios_reports as reports
from tests.e2e.support import scenarios_sweep as sweeps
from tests.e2e.support import scenarios_workers as workers
from tests.e2e.support.standins import StandIn
from tests.e2e.support.workbench import Missing

Scenario = Callable[[StandIn], None]

# What Lambda does itself with a function's role, and how S3 says that there is nothing: where AWS says that it asks.
UNSEEN = {
    "WriteLogs": "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html",
    "ReportUndelivered": "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
    "HandOverFailedChunks": "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
    "HandOverLostTasks": "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
    "ConsumeStarts": "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    "ConsumeTasks": "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    "ConsumeReports": "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    "ConsumeDeadLetters": "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    "ListBucket": "https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html",
}
SUCCEED, FAIL = "Resume states:SendTaskSuccess", "Resume states:SendTaskFailure"
HEARTBEAT = "Resume states:SendTaskHeartbeat"
LEDGER = "WriteLedger dynamodb:UpdateItem"
READ_LEDGER = "ReadLedger dynamodb:BatchGetItem"
LEDGER_AND_SECRET = "WriteLedgerAndSecret dynamodb:UpdateItem"
OUTPUT = "WriteOutputs s3:PutObject"
UNDELIVERED = "ReportUndelivered sqs:SendMessage"
CONSUME = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def logs(on: StandIn) -> None:
    """What every function does."""
    stream = {"logGroupName": on.log_group}
    before = len(on.bench.logs.filter_log_events(**stream)["events"])
    on.error({})
    try:
        wait_for(lambda: len(on.bench.logs.filter_log_events(**stream)["events"]) > before, seconds=5)
    except TimeoutError:
        raise Missing("no line in the log") from None


SCENARIOS: dict[str, dict[Scenario, list[str]]] = {
    "start": {
        documents.starts: ["StartDocuments states:StartExecution"],
        documents.starts_what_waits_in_its_queue: [f"ConsumeStarts {action}" for action in CONSUME],
        documents.keeps_an_event_that_it_cannot_read: [UNDELIVERED],
    },
    "split": {
        documents.splits: ["ReadDocuments s3:GetObject", "WriteChunks s3:PutObject", LEDGER],
        documents.leaves_nothing_of_a_chunk_that_breaks: ["WriteChunks s3:AbortMultipartUpload"],
        documents.splits_a_version: ["ReadDocuments s3:GetObjectVersion"],
        documents.says_that_there_is_no_such_document: ["ListBucket s3:ListBucket"],
    },
    "process": {
        documents.processes_the_last_chunk: [
            "ReadChunks s3:GetObject",
            "WriteResults s3:PutObject",
            LEDGER_AND_SECRET,
            SUCCEED,
        ],
        documents.rejects_the_last_chunk: [FAIL],
        documents.leaves_nothing_of_a_result_that_breaks: ["WriteResults s3:AbortMultipartUpload"],
        documents.finds_a_result_of_the_round_before: ["ReadResults s3:GetObject"],
        documents.finds_no_result_of_the_round_before: ["ListBucket s3:ListBucket", READ_LEDGER],
        documents.hands_a_chunk_over_that_crashed_it: ["HandOverFailedChunks lambda:InvokeFunction"],
        reports.hands_a_chunk_on: [LEDGER_AND_SECRET],
    },
    "report": {
        reports.knows_its_own_tokens: [LEDGER_AND_SECRET, READ_LEDGER],
        reports.records_a_result: ["WriteReported s3:PutObject", LEDGER_AND_SECRET, SUCCEED],
        reports.records_an_error: [FAIL],
        reports.takes_a_result_that_is_in_its_place: ["ReadResults s3:GetObject"],
        reports.copies_a_result: ["ReadResultBuckets s3:GetObject"],
        reports.copies_a_version: ["ReadResultBuckets s3:GetObjectVersion"],
        reports.says_that_there_is_no_result: ["ListBucket s3:ListBucket"],
        reports.consumes_reports: [f"ConsumeReports {action}" for action in CONSUME],
        documents.keeps_an_event_that_it_cannot_read: [UNDELIVERED],
    },
    "chunk_failed": {
        documents.reports_a_failed_chunk: [LEDGER, FAIL],
        documents.reports_a_failed_chunk_that_is_tolerated: [SUCCEED],
        documents.keeps_an_event_that_it_cannot_read: [UNDELIVERED],
    },
    "await_chunks": {
        documents.waits_for_what_is_done_already: [LEDGER, SUCCEED],
        documents.waits_for_what_has_failed_already: [FAIL],
    },
    "redrive": {
        documents.redrives: ["ListResults s3:ListBucket", LEDGER, "InvokeProcess lambda:InvokeFunction"],
    },
    "merge": {
        documents.merges: ["ListResults s3:ListBucket", "ReadResults s3:GetObject", "WriteMerged s3:PutObject"],
        documents.leaves_nothing_of_a_merged_result_that_breaks: ["WriteMerged s3:AbortMultipartUpload"],
        parts.combines: ["WriteParts s3:PutObject"],
        parts.leaves_nothing_of_a_part_that_breaks: ["WriteParts s3:AbortMultipartUpload"],
    },
    "cut": {
        parts.cuts: ["ReadDocuments s3:GetObject", LEDGER],
        parts.cuts_a_version: ["ReadDocuments s3:GetObjectVersion"],
        parts.says_that_there_is_nothing_to_cut: ["ListBucket s3:ListBucket"],
    },
    "merge_parts": {
        parts.merges_parts: ["ListParts s3:ListBucket", "ReadParts s3:GetObject", "WriteMerged s3:PutObject"],
        parts.leaves_nothing_of_merged_parts_that_break: ["WriteMerged s3:AbortMultipartUpload"],
    },
    "record_failure": {
        documents.writes_down_what_failed: [
            "ListResults s3:ListBucket",
            READ_LEDGER,
            "WriteFailures s3:PutObject",
        ],
        parts.stops_the_parts_that_run: ["ListPartExecutions states:ListExecutions", "StopParts states:StopExecution"],
        parts.says_which_part_failed: ["StopParts states:DescribeExecution"],
    },
    "direct_worker": {
        workers.works: [SUCCEED],
        workers.fails: [FAIL],
        workers.is_heard_while_it_works: [HEARTBEAT],
        workers.stores_a_large_output: [OUTPUT],
    },
    "http_start": {workers.starts_by_http: ["StartDirect states:StartExecution"]},
    "queue_worker": {
        workers.works: [SUCCEED],
        workers.fails: [FAIL],
        workers.looks_whether_the_state_waits_before_it_works_again: [HEARTBEAT],
        workers.stores_a_large_output: [OUTPUT],
        workers.consumes_its_queue: [f"ConsumeTasks {action}" for action in CONSUME],
    },
    "topic_worker": {
        workers.works: [SUCCEED],
        workers.fails: [FAIL],
        workers.is_heard_while_it_works: [HEARTBEAT],
        workers.stores_a_large_output: [OUTPUT],
        workers.hands_a_task_over_that_crashed_it: ["HandOverLostTasks lambda:InvokeFunction"],
    },
    "task_lost": {
        workers.fails_a_lost_task: ["Fail states:SendTaskFailure"],
        documents.keeps_an_event_that_it_cannot_read: [UNDELIVERED],
    },
    "dead_letter": {
        workers.fails_a_dead_letter: ["Fail states:SendTaskFailure"],
        workers.consumes_its_queue: [f"ConsumeDeadLetters {action}" for action in CONSUME],
    },
    "sweep": {
        sweeps.sends_a_success_again: ["SweepLedger dynamodb:Scan", "SweepLedger dynamodb:GetItem", HEARTBEAT, SUCCEED],
        sweeps.sends_a_failure_again: ["SweepLedger dynamodb:BatchGetItem", FAIL],
        sweeps.sends_again_what_never_came: ["ListResults s3:ListBucket", "InvokeProcess lambda:InvokeFunction"],
        sweeps.closes_what_nobody_waits_for: ["SweepLedger dynamodb:UpdateItem"],
        sweeps.closes_an_approval_whose_execution_has_ended: ["LookAtAskers states:DescribeExecution"],
        sweeps.tells_the_oldest_job: ["Resume states:ListExecutions"],
    },
    "ask": {
        workers.asks: [
            "AskApprovals dynamodb:UpdateItem",
            "LookUpPage lambda:GetFunctionUrlConfig",
            "PublishApprovals sns:Publish",
        ],
        workers.takes_the_default_at_the_deadline: [SUCCEED],
        workers.takes_a_default_that_fails_at_the_deadline: [FAIL],
    },
    "page": {
        workers.shows_the_page: ["ReadApprovals dynamodb:GetItem"],
        workers.approves: ["WriteApprovals dynamodb:UpdateItem", SUCCEED],
        workers.rejects: [FAIL],
        workers.tells_that_somebody_is_on_it: [HEARTBEAT],
        workers.takes_a_signed_webhook: ["ReadWebhookSecret secretsmanager:GetSecretValue"],
    },
}
TABLE = {
    handler: {**scenarios, logs: ["WriteLogs logs:CreateLogStream", "WriteLogs logs:PutLogEvents"]}
    for handler, scenarios in SCENARIOS.items()
}
