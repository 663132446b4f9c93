"""What a process imports whose copies are commands: it does once what each of them would do before its first request.

A command's pace is not kept in it, because the local AWS has no quotas, and half of an account's would make ``doctor``
take five seconds: tests/operator/test_throttled.py has that.
"""

import gc
from functools import cache
from typing import Any

import typer.main

from sfn_callback.aws import session
from sfn_callback_operator import aws, cli, rate_limit
from testing import kept

_REGION = "eu-central-1"
_SERVICES = ("cloudwatch", "dynamodb", "events", "iam", "lambda", "logs", "s3", "sns", "sqs", "stepfunctions")

rate_limit.SHARE = 1_000
# What Typer makes of the command's functions, and botocore of its files, is the same in each copy.
typer.main.get_command = cache(typer.main.get_command)
command: Any = typer.main.get_command(cli.app)
command.commands["jobs"].make_context("jobs", [])
kept.keep()
for service in _SERVICES:
    session.shared().create_client(service, region_name=_REGION)
aws.reset()
gc.collect()
gc.freeze()
