"""What AWS was recorded to do, a row each, and what of ours is held against it.

Each row is said in our own words, and its shape is built by hand in the test that :func:`holds` it. The numbers are
those that the tests are called by; the sources are at one commit of a repository whose tests were run on AWS.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

HANDLERS = "handlers"
FAKES = "fakes"
LOCAL = "local AWS"
OPERATOR = "operator"

_AT = "https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services"
_SFN = f"{_AT}/stepfunctions/v2"

Test = TypeVar("Test", bound=Callable[..., Any])

TESTS: dict[tuple[str, str], list[str]] = defaultdict(list)
"""The tests that hold something against a row."""


@dataclass(frozen=True)
class Fact:
    """A row: what AWS ``did``, the ``source`` and its date, and what is held ``against`` it.

    ``not_local`` says why the local AWS is not.
    """

    did: str
    source: str
    date: str
    against: tuple[str, ...]
    not_local: str = ""


def holds(*rows: str, against: str) -> Callable[[Test], Test]:
    """Mark a test as one that holds something against those rows."""

    def mark(test: Test) -> Test:
        for row in rows:
            TESTS[row, against].append(test.__name__)
        return test

    return mark


_CALLBACK = f"{_SFN}/callback/test_callback.snapshot.json"
_API = f"{_SFN}/test_sfn_api.snapshot.json"
_STATES_ERRORS = f"{_SFN}/error_handling/test_states_errors.snapshot.json"
_LAMBDA_ERRORS = f"{_SFN}/error_handling/test_task_service_lambda.snapshot.json"
_SCENARIOS = f"{_SFN}/scenarios/test_base_scenarios.snapshot.json"
_TIMEOUTS = f"{_SFN}/timeouts/test_timeouts.snapshot.json"
_FORMAT = f"{_SFN}/intrinsic_functions/test_generic.snapshot.json"
_LAMBDA = f"{_AT}/lambda_/test_lambda.snapshot.json"
_DESTINATIONS = f"{_AT}/lambda_/test_lambda_destinations.snapshot.json"
_QUEUES = f"{_AT}/lambda_/event_source_mapping/test_lambda_integration_sqs.snapshot.json"
_SNS = f"{_AT}/sns/test_sns.snapshot.json"
_S3_EVENTS = f"{_AT}/s3/test_s3_notifications_sqs.snapshot.json"
_S3_BRIDGE = f"{_AT}/s3/test_s3_notifications_eventbridge.snapshot.json"
_S3 = f"{_AT}/s3/test_s3.snapshot.json"
_DYNAMODB = f"{_AT}/dynamodb/test_dynamodb.snapshot.json"

_NO_MAPPING = "tests/e2e/test_workers.py runs its queues: a test here would take a queue, a function and a mapping"

FACTS = {
    # Task tokens and answers.
    "A1": Fact(
        "A verdict under a text that is no token is InvalidToken.",
        f"{_SFN}/services/test_aws_sdk_task_service.snapshot.json",
        "2025-11-06",
        (HANDLERS, FAKES, LOCAL),
    ),
    "A2": Fact(
        "A verdict after the state's timeout is TaskTimedOut.",
        "https://github.com/andybalham/blog-task-tokens-part-2",
        "2022-07-26",
        (HANDLERS, FAKES, LOCAL),
    ),
    "A3": Fact(
        "A second verdict for a token is TaskTimedOut, too.",
        "https://github.com/aws-samples/amazon-mwaa-examples/issues/61",
        "2023-12-26",
        (HANDLERS, FAKES, LOCAL),
    ),
    "A4": Fact(
        "A failure needs neither error nor cause: the event has neither, and a Catch is given null for both.",
        _CALLBACK,
        "2024-04-29",
        (FAKES, LOCAL),
    ),
    "A5": Fact(
        "A failure's error and cause stand as they were sent: in the event, in the Catch and in the execution's end.",
        _CALLBACK,
        "2024-04-18",
        (FAKES, LOCAL),
    ),
    "A6": Fact("A success's output, any JSON value, is all of the result.", _CALLBACK, "2024-04-18", (FAKES, LOCAL)),
    "A7": Fact("A heartbeat leaves no event in the history.", _CALLBACK, "2024-04-18", (FAKES, LOCAL)),
    "A8": Fact(
        "A wait without a heartbeat for HeartbeatSeconds times out with States.Timeout and no cause.",
        f"{_SFN}/timeouts/test_heartbeats.snapshot.json",
        "2024-04-18",
        (FAKES, LOCAL),
    ),
    "A9": Fact("A timeout has no cause, and a Catch is given an empty one.", _CALLBACK, "2024-04-18", (FAKES, LOCAL)),
    "A10": Fact("A task that hands its token to nobody waits all the same.", _CALLBACK, "2024-04-22", (LOCAL,)),
    "A11": Fact("Each task of an execution has a token of its own.", _CALLBACK, "2024-04-22", (LOCAL,)),
    # Histories.
    "B1": Fact(
        "A wait is entered, scheduled, started, submitted, ended and exited; each event names the one before it.",
        _CALLBACK,
        "2024-04-18",
        (FAKES, LOCAL),
    ),
    "B2": Fact(
        "A state that is tried again is entered once, and each attempt adds events.",
        _SCENARIOS,
        "2023-10-24",
        (FAKES, LOCAL),
    ),
    "B3": Fact(
        "What a task was scheduled with has the token in clear, in Payload, MessageBody or Message.",
        _CALLBACK,
        "2024-04-18",
        (OPERATOR, FAKES, LOCAL),
    ),
    "B4": Fact("The context object counts the attempts from 0.", _SCENARIOS, "2023-10-24", (LOCAL,)),
    "B5": Fact(
        "A Fail state is entered and never exited, and nor is a state whose failure nobody catches.",
        f"{_SFN}/base/test_base.snapshot.json",
        "2024-03-06",
        (FAKES, LOCAL),
    ),
    "B6": Fact(
        "A stopped execution ends with ExecutionAborted, which follows no state and says nothing that nobody said.",
        _API,
        "2024-05-06",
        (FAKES, LOCAL),
    ),
    "B8": Fact("The reverse order has the same events.", _API, "2024-01-28", (FAKES, LOCAL)),
    "B9": Fact(
        "An execution that took longer than its machine may is TIMED_OUT, without error and cause.",
        _TIMEOUTS,
        "2024-03-10",
        (FAKES, LOCAL),
    ),
    "B10": Fact("A FAILED execution can be redriven, a SUCCEEDED one cannot.", _API, "2024-08-21", (FAKES, LOCAL)),
    "B11": Fact(
        "A status filter is one of six, in capitals.",
        _API,
        "2024-03-14",
        (FAKES,),
        not_local="it lists nothing for a status that is none, and nothing of ours sends one",
    ),
    "B12": Fact(
        "The 25,000th event is ExecutionFailed with States.Runtime.",
        "https://github.com/floci-io/floci/issues/2734",
        "2026-08-29",
        (FAKES, LOCAL),
    ),
    "B13": Fact(
        "The same name and input while it runs is the same execution; else it exists already.",
        _API,
        "2024-08-21",
        (HANDLERS, FAKES, LOCAL),
    ),
    "B14": Fact(
        "An execution that is not there does not exist, and what is no ARN is invalid.",
        _API,
        "2024-03-08",
        (FAKES, LOCAL),
    ),
    # Names of errors.
    "C1": Fact(
        "A function that raises fails its state with the class's name, and tells message and name in the cause.",
        _LAMBDA_ERRORS,
        "2024-11-28",
        (LOCAL,),
    ),
    "C2": Fact(
        "A function's timeout has the name Sandbox.Timedout, and had none in 2024.",
        _LAMBDA,
        "2025-11-25",
        (HANDLERS,),
        not_local="it names the error as it was named once; the demo and tests/e2e run into it",
    ),
    "C3": Fact("A function's process that ends is Runtime.ExitError.", _LAMBDA, "2025-11-24", (HANDLERS, LOCAL)),
    "C5": Fact(
        "An error while the module is imported has the class's name, and no request id.",
        _LAMBDA,
        "2025-11-24",
        (HANDLERS,),
        not_local="it imports the module anew with each worker, and its error has a request id",
    ),
    "C6": Fact(
        "A response of more than 6,291,556 bytes is Function.ResponseSizeTooLarge.", _LAMBDA, "2025-11-24", (LOCAL,)
    ),
    "C7": Fact(
        "A task's result over 256 KiB is States.DataLimitExceeded, which States.ALL catches.",
        _STATES_ERRORS,
        "2024-03-21",
        (LOCAL,),
    ),
    "C7b": Fact(
        "A state's output over 256 KiB fails the execution with States.DataLimitExceeded, right after the entry.",
        _STATES_ERRORS,
        "2024-03-21",
        (FAKES, LOCAL),
    ),
    "C8": Fact(
        "A function that is not there is Lambda.ResourceNotFoundException, after three events.",
        _LAMBDA_ERRORS,
        "2025-11-25",
        (LOCAL,),
    ),
    "C9": Fact(
        "More invocations than are reserved are TooManyRequestsException, with the reason.",
        _LAMBDA,
        "2025-11-25",
        (FAKES, LOCAL),
    ),
    "C10": Fact(
        "A called machine that fails is States.TaskFailed, and the cause is JSON with its error, cause and status.",
        _CALLBACK,
        "2023-07-05",
        (LOCAL,),
    ),
    "C11": Fact("A called machine's output is a text, and by sync:2 a value.", _CALLBACK, "2023-07-05", (LOCAL,)),
    "C12": Fact(
        "An ErrorPath that finds nothing ends the execution with States.Runtime, and the error is lost.",
        _SCENARIOS,
        "2025-01-02",
        (LOCAL,),
    ),
    "C13": Fact("States.Format writes null as null, and an object as Java does.", _FORMAT, "2023-02-09", (LOCAL,)),
    # Functions, queues and topics.
    "D1": Fact(
        "The record of an event that failed has the payload, the last response and how often it was tried.",
        _DESTINATIONS,
        "2025-11-24",
        (HANDLERS, FAKES, LOCAL),
    ),
    "D2": Fact(
        "Without retries the condition is RetriesExhausted all the same, after 1.",
        _DESTINATIONS,
        "2025-11-25",
        (FAKES, LOCAL),
    ),
    "D3": Fact(
        "An event that grew too old after an attempt has that attempt's response.",
        _DESTINATIONS,
        "2025-11-27",
        (HANDLERS, FAKES),
        not_local="its events never grow too old: they wait for as long as it runs",
    ),
    "D4": Fact(
        "Where nothing may run, an event is given up at once, with no response and no attempt.",
        _LAMBDA,
        "2025-11-25",
        (HANDLERS, FAKES, LOCAL),
    ),
    "D6": Fact(
        "How often a message was received is a text, and its id stays.", _QUEUES, "2025-11-25", (HANDLERS, LOCAL)
    ),
    "D7": Fact(
        "An answer with a failure that is none of the batch brings all of it again; an empty one none.",
        _QUEUES,
        "2025-11-25",
        (FAKES,),
        not_local=_NO_MAPPING,
    ),
    "D8": Fact("A dead letter has the message's id and body.", _QUEUES, "2025-11-25", (FAKES, LOCAL)),
    "D9": Fact(
        "A topic's dead letter is SNS's envelope, of a raw queue's subscription the bare text.",
        _SNS,
        "2023-08-24",
        (HANDLERS,),
        not_local="its topics forget what they could not deliver",
    ),
    "D10": Fact(
        "A notification's text is at Sns.Message, and its addresses are spelled …Url.",
        _SNS,
        "2025-10-06",
        (HANDLERS,),
        not_local="tests/e2e/test_workers.py runs its topics: a test here would take a topic and a function",
    ),
    "D11": Fact(
        "A function URL tells headers in small letters, the path as sent, and what is no text in Base64.",
        _LAMBDA,
        "2025-11-24",
        (HANDLERS,),
        not_local="tests/e2e/test_approval_page.py and emulator/function_url_proxy.py serve its function URLs",
    ),
    # S3, EventBridge and DynamoDB.
    "E1": Fact("A notification's key is encoded as a form is.", _S3_EVENTS, "2025-01-21", (HANDLERS, LOCAL)),
    "E2": Fact(
        "A notification's ETag has no quotes, its sequencer is always there, its version only where there are some.",
        _S3_EVENTS,
        "2025-01-21",
        (HANDLERS, LOCAL),
    ),
    "E3": Fact(
        "Whatever happened to an object is told in one shape: eventName says what.",
        _S3_EVENTS,
        "2025-01-21",
        (HANDLERS, LOCAL),
    ),
    "E4": Fact(
        "EventBridge is told the same of an object by other names.",
        _S3_BRIDGE,
        "2025-01-21",
        (HANDLERS,),
        not_local="tests/tooling/test_object_events.py holds it",
    ),
    "E6": Fact(
        "A refused condition tells the item as it is, where that is asked for.", _DYNAMODB, "2025-10-08", (LOCAL,)
    ),
    "E7": Fact(
        "A read under another ETag is PreconditionFailed, or 412 where no body can say it; of nothing, 404.",
        _S3,
        "2026-02-21",
        (LOCAL,),
    ),
}

LEFT_OUT = {
    "A12": "all machines of the module are Standard",
    "C4": "nothing of ours tells a segmentation fault from a timeout",
    "D5": "nothing of ours reads the request id of an attempt",
    "D12": "an account of then, which needed one permission where two are needed now",
    "E5": "no recording has a key that would show it",
}
"""Rows of recordings that hold nothing of ours."""
