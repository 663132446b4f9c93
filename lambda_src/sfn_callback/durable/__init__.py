"""What a Lambda durable function of yours imports: it waits for the chunks of a document, or for a decision.

The function has this package and AWS's SDK (``aws-durable-execution-sdk-python``, 2 or newer) in its zip, and of the
module's output ``durable`` the environment and the policy. All that reaches the module's functions is an operation of
the SDK's, which is recorded, so that a replay does nothing a second time:
https://docs.aws.amazon.com/durable-functions/
"""

from sfn_callback.durable.chunks import wait_for_chunks
from sfn_callback.durable.failures import CallbackFailed
from sfn_callback.durable.operations import task_token
from sfn_callback.durable.question import ask

__all__ = ["CallbackFailed", "ask", "task_token", "wait_for_chunks"]
