"""A bucket, a table and Step Functions on moto, whose clients are metered."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

from moto import mock_aws
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from benchmarks.billing.capacity import Item
from benchmarks.billing.meter import Meter
from benchmarks.fanins.alternative import EXPIRES
from benchmarks.processes import ENVIRONMENT, REGION
from sfn_callback import settings
from sfn_callback.aws import clients, session
from testing.aws import make_bucket, make_table
from testing.environment import TABLE

_RETENTION_SECONDS = int(ENVIRONMENT["SFN_CALLBACK_RETENTION_DAYS"]) * 86_400


@contextmanager
def metered() -> Iterator[Meter]:
    """Have the module's bucket and table; meter what the package's clients, and those of others, send."""
    # A number's size depends on its digits, so items expire at the same time in every run.
    clock = mock.patch("sfn_callback.aws.dynamodb.time", SimpleNamespace(time=lambda: EXPIRES - _RETENTION_SECONDS))
    with mock.patch.dict(os.environ, ENVIRONMENT), mock_aws(), clock:
        make_bucket()
        make_table()
        meter = Meter(_item)
        settings.current.cache_clear()
        clients.reset()
        with mock.patch.object(session, "client", _watched_by(meter)):
            yield meter
    settings.current.cache_clear()
    clients.reset()


def _watched_by(meter: Meter) -> Callable[[str], Any]:
    make = session.client

    def watched(service: str) -> Any:
        client = make(service)
        meter.watch(client)
        return client

    return watched


def _item(key: str) -> Item:
    found = get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].get_item(TABLE, {"pk": {"S": key}})
    return found.to_json()["Attributes"] if found else {}
