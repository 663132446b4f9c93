"""The botocore session that all clients share. Only :mod:`.clients` imports it, and botocore with it."""

import gzip
import json
from contextlib import suppress
from functools import cache
from typing import Any, cast

import botocore.session
from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader

from sfn_callback import __version__
from sfn_callback.aws import patience

_SERVICES = ("dynamodb", "lambda", "s3", "secretsmanager", "sns", "ssm", "stepfunctions")
# botocore itself tries nothing again: sfn_callback.aws.patience says what is, and when.
# https://docs.aws.amazon.com/boto3/latest/guide/retries.html
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 1},
    max_pool_connections=32,
    user_agent_extra=f"sfn-callback/{__version__}",
)
# S3 may take its time over a large object; every other service answers in a moment, or not at all.
_QUICK = Config(read_timeout=10)


class Files(JSONFileLoader):
    """Reads JSON into Python's own dicts, which are in order too, and take half the time of botocore's."""

    def load_file(self, file_path: str) -> Any:
        """Return what a file says whose path comes without its ending, ``None`` where there is none."""
        for ending, opened in ((".json", open), (".json.gz", gzip.open)):
            with suppress(FileNotFoundError), opened(file_path + ending, "rb") as file:
                return json.loads(file.read())
        return None


class _Models(Loader):
    """Finds botocore's models without a look into the folders of all its 400 services, twice for a first client.

    botocore needs to know them only to say that one is missing: https://github.com/boto/botocore/pull/3687.
    The others are found as ever: botocore gets credentials from ``sts``, ``sso``, and whatever a version of it adds.
    """

    def list_available_services(self, *_: object) -> list[str]:
        return list(_SERVICES)

    def load_service_model(self, service_name: str, *more: Any, **named: Any) -> Any:
        if service_name in _SERVICES:
            return super().load_service_model(service_name, *more, **named)
        return _all_models().load_service_model(service_name, *more, **named)


@cache
def shared() -> botocore.session.Session:
    """Return the session: what it has loaded of endpoints, partitions and configuration is loaded once."""
    session = botocore.session.get_session()
    session.register_component("data_loader", models())
    session.set_default_client_config(_CONFIG)
    session.register("needs-retry", cast(Any, patience.pause))
    return session


def client(service: str) -> Any:
    """Make a client."""
    return shared().create_client(service, config=None if service == "s3" else _QUICK)


@cache
def models() -> Loader:
    """Return what finds botocore's models: sessions share what it has loaded."""
    return _Models(file_loader=Files())


@cache
def _all_models() -> Loader:
    return Loader(file_loader=Files())
