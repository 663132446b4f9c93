"""The functions for your Lambda durable function: wait for the chunks of a document, or for a decision.

Your function has this package and AWS's SDK (``aws-durable-execution-sdk-python``, 2 or newer) in its zip, and the
environment and the policy from the module's output ``durable``. Every call of the module's functions is a recorded
operation of the SDK, so that a replay does nothing a second time:
https://docs.aws.amazon.com/durable-functions/
"""

from sfn_callback.durable.chunks import wait_for_chunks
from sfn_callback.durable.failures import CallbackFailed
from sfn_callback.durable.operations import task_token
from sfn_callback.durable.question import ask

__all__ = ["CallbackFailed", "ask", "task_token", "wait_for_chunks"]
