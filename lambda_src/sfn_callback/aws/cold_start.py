"""Preparation before the first event, while Lambda initialises a function."""

import gc
import os
from collections.abc import Callable
from contextlib import suppress

from sfn_callback.errors import CallbackError


def prepare(*steps: Callable[[], object]) -> None:
    """Take steps that an event would take first, such as making a client; outside Lambda, leave them to it.

    While it initialises, a function has a whole processor, whatever its memory, and when it handles an event a part.
    https://serverlessland.com/content/service/lambda/guides/effectively-running-java-on-serverless/init-heavy-lifting
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (AWS_LAMBDA_INITIALIZATION_TYPE)
    """
    kind = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE")
    if not kind:
        return
    # Keep the garbage collector away from what is loaded: it stays, and each collection costs more than the last.
    enabled = gc.isenabled()
    gc.disable()
    try:
        if kind == "snap-start":
            # Imported here because few functions are restored from a snapshot.
            from sfn_callback.aws import snapshot

            snapshot.register()
        for step in steps:
            # The event takes the step again, and its answer says what is wrong.
            with suppress(CallbackError):
                step()
    finally:
        # Nor later: the first collection would go through all of it.
        gc.freeze()
        if enabled:
            gc.enable()
