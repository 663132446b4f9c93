"""The topic worker's on-failure destination: its last attempt has failed without an answer."""

from typing import Any

from sfn_callback import clients, entry, initialisation, messages, tasks

initialisation.prepare(clients.stepfunctions)


@entry.point
def handler(event: dict[str, Any], _context: object) -> None:
    """Take Lambda's record of the failed asynchronous invocation."""
    tasks.fail_lost(messages.lost(event))
