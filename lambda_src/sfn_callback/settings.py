"""What the module tells its functions: environment variables, read once into one value."""

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from sfn_callback.errors import SettingsInvalid

PREFIX = "SFN_CALLBACK_"
_REQUIRED = ("BUCKET", "TABLE", "WORKLOAD", "RETENTION_DAYS", "STATE_MACHINE_ARN", "PROCESS_FUNCTION")
_TOLERANCES = ("TOLERATED_FAILURE_COUNT", "TOLERATED_FAILURE_PERCENTAGE")
_SECONDS = ("SWEEP_QUIET_SECONDS", "PENDING_HEARTBEAT_SECONDS")
_NUMBERS = ("RETENTION_DAYS", *_TOLERANCES, "MAX_CHUNKS", "PARTS_OVER_MB", *_SECONDS)
_DAY = 86_400
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for approvals: what people call it, and where they ask back, an address of mail or ``https://``."""

    name: str
    contact: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The functions' configuration: what is a text is the environment's variable of that name.

    ``bucket_key_arn`` is the KMS key that what is written to the bucket is encrypted with; where it is empty, the
    bucket's own encryption applies. ``prefix`` is what all keys in the bucket begin with: nothing, or a path that ends
    in a slash. ``retention_seconds`` is how long chunks, results and ledger items are kept.
    ``tolerated_count`` and ``tolerated_percentage`` (0 to 100) are the completion policy;
    where both are ``None`` a job fails fast. ``max_chunks`` is how many chunks a job may have, ``None`` for as many as
    its ledger can hold. ``document_suffixes`` are what the keys of documents end in, in lower case; none is any.
    ``store_large_outputs`` says whether a task's output that Step Functions does not take goes to the bucket, or fails
    the task. ``page_url``, or the SSM parameter ``page_url_parameter``, is where the approvals' page is reached, if not
    at the function URL of ``page_function``; ``asker`` is who asks, if that is said. ``approvers`` are the first eight
    hexadecimal digits of the SHA-256 of each of ``approval.emails`` in lower case: who may read settings need not know
    addresses. ``webhook_secret`` is the ARN of the secret that webhooks are signed with.
    ``parts_machine_arn`` is the machine for documents of more than ``parts_over_bytes``, if there is one.
    ``swept_machine_arn`` is the machine whose oldest execution the sweeper tells, if any, and ``quiet_seconds`` how
    long no chunk of a job may end before the sweeper sends again what is missing.
    ``pending_heartbeat_seconds`` is how long a chunk that was handed on is left to whom it was handed, after a sign of
    life; ``None`` where none may be. ``result_buckets`` are where results may be copied from, with or without a prefix.
    """

    bucket: str
    bucket_key_arn: str
    prefix: str
    table: str
    workload: str
    retention_seconds: int
    state_machine_arn: str
    process_function: str
    tolerated_count: int | None
    tolerated_percentage: float | None
    max_chunks: int | None
    document_suffixes: tuple[str, ...]
    store_large_outputs: bool
    approvals_topic: str
    page_function: str
    page_url: str
    page_url_parameter: str
    asker: Asker | None
    approvers: tuple[str, ...]
    webhook_secret: str
    direct_machine_arn: str
    parts_machine_arn: str
    parts_over_bytes: int
    swept_machine_arn: str
    quiet_seconds: int
    pending_heartbeat_seconds: int | None
    result_buckets: tuple[str, ...]


@cache
def current() -> Settings:
    """Return this process's settings.

    Raises:
        SettingsInvalid: the message names every variable that is missing or wrong.
    """
    return read(os.environ)


def read(environment: Mapping[str, str]) -> Settings:
    """Turn environment variables into :class:`Settings`; errors as :func:`current`."""
    given = {name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)}
    values = defaultdict(str, given)
    problems = [f"{PREFIX}{name} is not set" for name in _REQUIRED if not values[name]]
    problems += [
        f"{PREFIX}{name} is {values[name]!r}, which is not a number"
        for name in _NUMBERS
        if values[name] and not _is_number(values[name])
    ]
    if problems:
        raise SettingsInvalid("; ".join(problems) + ". The Terraform module sets these.")
    return _settings(values)


def _settings(values: Mapping[str, str]) -> Settings:
    count, percentage = (values[name] for name in _TOLERANCES)
    texts: dict[str, Any] = {one.name: values[one.name.upper()] for one in fields(Settings) if one.type is str}
    return Settings(
        **texts,
        retention_seconds=int(float(values["RETENTION_DAYS"]) * _DAY),
        tolerated_count=_whole(count),
        tolerated_percentage=float(percentage) if percentage else None,
        max_chunks=_whole(values["MAX_CHUNKS"]),
        document_suffixes=tuple(values["DOCUMENT_SUFFIXES"].lower().split()),
        store_large_outputs=values["LARGE_OUTPUTS"] != "fail",
        asker=Asker(values["ASKER_NAME"], values["ASKER_CONTACT"]) if values["ASKER_NAME"] else None,
        approvers=tuple(values["APPROVERS"].split()),
        parts_over_bytes=int(float(values["PARTS_OVER_MB"] or 0) * _MB),
        quiet_seconds=int(float(values["SWEEP_QUIET_SECONDS"] or 0)),
        pending_heartbeat_seconds=_whole(values["PENDING_HEARTBEAT_SECONDS"]),
        result_buckets=tuple(values["RESULT_BUCKETS"].split()),
    )


def _whole(text: str) -> int | None:
    return int(float(text)) if text else None


def _is_number(text: str) -> bool:
    try:
        return float(text) >= 0
    except ValueError:
        return False
