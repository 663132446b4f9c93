"""What an environment needs for itself that Lambda restores from a snapshot (SnapStart).

The snapshot is taken when a function has initialised, and any number of environments go on from its memory:
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html

What is not here needs nothing. ``secrets`` and ``uuid`` ask the kernel each time, TLS asks the runtime's OpenSSL, and
both draw differently in each environment (same page). Before the first event no clock is read, and no request sent but
for credentials. They are in the snapshot with the time at which they expire, and botocore gets others before that, from
an endpoint that SnapStart has instead of keys in variables:
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html#snapstart-credentials
"""

import random
from contextlib import suppress
from typing import Any, cast

from botocore.credentials import ContainerProvider
from botocore.httpsession import URLLib3Session
from botocore.utils import ContainerMetadataFetcher

from sfn_callback.aws import session


def register() -> None:
    """Have the runtime renew what each environment must have for itself; where it has no hooks, do nothing.

    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
    """
    with suppress(ImportError):
        from snapshot_restore_py import register_after_restore  # type: ignore[import-not-found]

        register_after_restore(_renew, _credentials_connection())


def _renew(connection: URLLib3Session) -> None:
    # Or all that are restored at once would pause alike, and ask a service that throttles them again at one moment.
    random.seed()
    # Nobody may be at its other end any more: botocore would try that for two seconds, and wait for another.
    connection.close()


def _credentials_connection() -> URLLib3Session:
    """Have botocore get the credentials over a connection that is returned, where it keeps one to itself."""
    connection = URLLib3Session(timeout=ContainerMetadataFetcher.TIMEOUT_SECONDS)
    provider = ContainerProvider(fetcher=cast(Any, ContainerMetadataFetcher(connection)))
    session.shared().get_component("credential_provider").insert_before(ContainerProvider.METHOD, provider)
    return connection
