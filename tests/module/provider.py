"""One process of the provider that every Terraform here uses: by itself, Terraform starts two for each plan."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools import children, toolchain

VARIABLE = "TF_REATTACH_PROVIDERS"
"""What tells Terraform of it: https://developer.hashicorp.com/terraform/plugin/debugging"""

SPARING = {"GOMAXPROCS": "1", "GOGC": "800"}
"""Variables with which Terraform takes a seventh less of the processors, and up to 2 GB of memory.

Nothing waits for another thread, and garbage is collected less often than toolchain.py has it:
https://pkg.go.dev/runtime#hdr-Environment_Variables
"""

# By itself it writes a line about each request, which takes a sixth of its time.
# https://developer.hashicorp.com/terraform/plugin/log/managing
_QUIET = {"TF_LOG_PROVIDER": "off", "TF_LOG_SDK": "off"}


@contextmanager
def running(data: Path, base: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Start the provider that ``terraform init`` has installed in its data folder; yield the value of :data:`VARIABLE`.

    It has one configuration for all that use it: it is for mocks of the provider, which do not configure it, or for one
    root module. With ``AWS_CA_BUNDLE`` among the variables ``base``, it cannot be configured a second time.
    """
    (program,) = (data / "providers").glob("*/hashicorp/aws/*/*/terraform-provider-aws*")
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with (
        children.scratch(toolchain.environment(base, toolchain.binary())) as environment,
        children.started([program, "-debug"], env={**environment, **_QUIET}, **pipes) as process,
    ):
        yield _address(process, program.parents[4].name)
        process.terminate()


def _address(process: children.Process, host: str) -> str:
    """What it says of where it listens; it names its usual registry, where OpenTofu has it from its own."""
    found = (re.search(rf"{VARIABLE}='(.*)'", line) for line in process.stdout or ())
    (where,) = json.loads(next(filter(None, found))[1]).values()
    return json.dumps({f"{host}/hashicorp/aws": where})
