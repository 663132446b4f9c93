"""Inputs of every kind that are secrets, or that no plan knows: root modules that give the module all of them."""

import re
from pathlib import Path
from typing import Any

from tests.module import instances

PREFIX = "kind_"
ARN = "arn:aws:{}:eu-central-1:123456789012:{}"
KEY, TOPIC = ARN.format("kms", "key/1234"), ARN.format("sns", "operators")
ROLE, BOUNDARY = "arn:aws:iam::123456789012:role/theirs", "arn:aws:iam::123456789012:policy/boundary"

# Each <value> is made a secret, or unknown; what decides which resources there are, {value}, cannot be unknown.
FIRST = {
    "name": '<"docs">',
    "create": "{true}",
    "workflows": '[{"documents"}, {"direct"}, {"queue"}, {"topic"}, {"approval"}]',
    "http_start": "{true}",
    "metrics": "{true}",
    "dashboard": "{true}",
    "tags": '{ Team = <"data"> }',
    "workload": '<"sfn_callback.demo">',
    "package": '{ bucket = <"theirs">, key = <"mine.zip">, version = <"3"> }',
    "packages": '{ split = { path = <"dist/sfn_callback.zip"> }, merge = { bucket = <"b">, key = <"k">, layers = [<"'
    f'{ARN.format("lambda", "layer:theirs:3")}">] }} }}',
    "images": '{ process = <"123456789012.dkr.ecr.eu-central-1.amazonaws.com/scans:1"> }',
    "versions": '{ publish = <true>, live = { process = <"7"> }, snap_start = [<"merge">, <"page">] }',
    "layers": f'[<"{ARN.format("lambda", "layer:theirs:3")}">]',
    "environment": '{ TEAM = <"data"> }',
    "runtime": '<"python3.13">',
    "architecture": '<"arm64">',
    "memory_mb": "{ process = <1024> }",
    "ephemeral_storage_mb": "{ process = <1024> }",
    "timeout_seconds": "{ process = <200> }",
    "reserved_concurrency": "<7>",
    "definitions": '{ direct = <"states/direct.asl.json"> }',
    "completion": "{ tolerated_failure_count = <3>, tolerated_failure_percentage = <5> }",
    "max_chunks": "<100>",
    "document_suffixes": '[<".pdf">, <".txt">]',
    "wait": "{ round_seconds = <3000>, max_rounds = <2>, job_seconds = <20000> }",
    "parts": "{ over_mb = <32>, max_concurrency = <8>, job_seconds = <90000> }",
    "pending": '{ heartbeat_seconds = <600>, longest_seconds = <3000>, doors = [{"queue"}, {"topic"}, {"url"}], '
    f'result_buckets = [<"scans/out">], reporters = [{{"{ROLE}"}}] }}',
    "sweep": "{ minutes = <30>, quiet_seconds = <60>, oldest_seconds = <600> }",
    "task": "{ timeout_seconds = <20000>, heartbeat_seconds = <60>, maximum_concurrency = <5>, large_outputs = <"
    '"store"> }',
    "approval": '{ timeout_seconds = <86400>, remind_seconds = <3600>, url_auth = {"NONE"}, '
    'emails = [{"ana@b.example"}], emails_by_key = { ben = <"ben@b.example"> }, '
    'asker = { name = <"A">, contact = <"a@b.example"> }, '
    'url = <"https://a.example/">, reserved_concurrency = <5>, '
    f'webhook_secret_arn = <"{ARN.format("secretsmanager", "secret:hook-AbCdEf")}"> }}',
    "retention_days": "{ logs = <7>, data = <7> }",
    "bucket": f'{{ name = <"theirs">, kms_key_arn = <"{KEY}">, prefix = <"team-a/">, check = {{false}} }}',
    "vpc": '{ subnet_ids = [<"subnet-1">, <"subnet-2">], security_group_ids = [<"sg-1">] }',
    "kms_key_arn": f'<"{KEY}">',
    "eventbridge": "<true>",
    "force_destroy": "<true>",
    "permissions_boundary": f'<"{BOUNDARY}">',
    "role_path": '<"/pipelines/">',
    "role_arns": f'{{ process = <"{ROLE}">, direct = <"{ROLE}"> }}',
    "resume_resources": f'[<"{ARN.format("states", "stateMachine:theirs")}">]',
    "durable_functions": f'[<"{ARN.format("lambda", "function:theirs")}">]',
    "xray_tracing": "<true>",
    "log_group_names": '{ process = <"/theirs/process">, direct = <"/aws/vendedlogs/states/theirs"> }',
    "alarms": f'{{ topic_arn = <"{TOPIC}">, leave_out = [{{"overdue"}}] }}',
    "notifications": f'{{ topic_arn = <"{TOPIC}">, statuses = [<"FAILED">] }}',
}
# What excludes something of the first.
SECOND = {
    "name": '"others"',
    "workflows": '["documents", "approval"]',
    "package": '{ path = <"dist/sfn_callback.zip"> }',
    "approval": '{ url_parameter = <"/docs/url"> }',
    "eventbridge": "<true>",
    "kms_key_arn": f'<"{KEY}">',
}
# Whole maps and lists that are not known.
THIRD = {
    "name": '"third"',
    "workflows": '["documents", "direct", "queue", "topic", "approval"]',
    "tags": "terraform_data.texts.output",
    "environment": "terraform_data.texts.output",
    "memory_mb": "terraform_data.numbers.output",
    "ephemeral_storage_mb": "terraform_data.numbers.output",
    "timeout_seconds": "terraform_data.numbers.output",
    "layers": "terraform_data.list.output",
    "document_suffixes": "terraform_data.list.output",
    "resume_resources": "terraform_data.list.output",
    "durable_functions": "terraform_data.list.output",
    "vpc": "{ subnet_ids = terraform_data.list.output, security_group_ids = terraform_data.list.output }",
}
UNKNOWN = {
    f"terraform_data.{name}.output": value
    for name, value in {"texts": '{ Team = "data" }', "numbers": "{ process = 600 }", "list": '["a"]'}.items()
}


def secret(value: str, *, decides: bool) -> str:
    return f"sensitive({value})"


def unknown(value: str, *, decides: bool) -> str:
    kind = {'"': "string", "t": "bool", "f": "bool"}.get(value[0], "number")
    return value if decides else f"to{kind}(terraform_data.known_later[{_key(value)}].output)"


def _key(value: str) -> str:
    return value if value.startswith('"') else f'"{value}"'


def plain(value: str, *, decides: bool) -> str:
    return value


def inputs(given: dict[str, str], how: Any, around: str = "{}") -> dict[str, str]:
    """The inputs, each value as ``how`` makes it, and each input within what is ``around``."""
    return {name: around.format(_filled(value, how)) for name, value in given.items()}


def _filled(text: str, how: Any) -> str:
    text = re.sub(r"<(\"[^\"]*\"|\w+)>", lambda found: how(found[1], decides=False), text)
    return re.sub(r"\{(\"[^\"]*\"|true|false)\}", lambda found: how(found[1], decides=True), text)


def _both(how: Any, around: str = "{}") -> dict[str, dict[str, str]]:
    return {"first": inputs(FIRST, how, around), "second": inputs(SECOND, how, around)}


def _unknown() -> str:
    values = {
        found for text in (*FIRST.values(), *SECOND.values()) for found in re.findall(r"<(\"[^\"]*\"|\w+)>", text)
    }
    keys = ", ".join(map(_key, sorted(values)))
    later = f'resource "terraform_data" "known_later" {{\nfor_each = toset([{keys}])\ninput = each.key\n}}\n'
    whole = "".join(
        f'resource "terraform_data" "{name.split(".")[1]}" {{\ninput = {value}\n}}\n' for name, value in UNKNOWN.items()
    )
    return instances.root({**_both(unknown), "third": THIRD}, later + whole)


def add(copy: Path, mocks: str) -> None:
    """Add the roots to a copy of the module, each with a test file of its own, which plans it."""
    secrets = {"secrets": _both(secret), "whole_secrets": _both(plain, "sensitive({})")}
    roots = {name: instances.root(both) for name, both in secrets.items()}
    for name, text in {**roots, "unknown": _unknown()}.items():
        instances.add(copy, f"{PREFIX}{name}", text, mocks)
