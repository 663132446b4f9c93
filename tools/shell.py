"""What the demo and the tests let in of the shell that they are started in: what ``shell.mk`` lists, and no more.

A profile, an endpoint or a token of AWS, a ``TF_VAR_name`` or a ``PYTHONPATH`` is there for its owner's other work.
"""

import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

_LISTS = Path(__file__).with_name("shell.mk")
_LOOPBACK = ("127.0.0.1", "localhost")

NO_ACCOUNT: Mapping[str, str] = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What keeps a client of AWS from the files in the home folder, and from the machine's own role."""


def lists() -> dict[str, list[str]]:
    """Return the patterns of the variables that are let in, by what they are for."""
    lines = [line.partition(":=") for line in _LISTS.read_text().splitlines()]
    return {name.strip(): names.replace("%", "*").split() for name, given, names in lines if given}


def clean(shell: Mapping[str, str]) -> dict[str, str]:
    """Return what a program gets that speaks with the local AWS: no account, no proxy, nothing to fetch with."""
    wanted = lists()
    return {**_matching(shell, [*wanted["BASICS"], *wanted["TOOLS"]]), **NO_ACCOUNT}


def fetching(shell: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies, indexes and certificates that pip and Terraform need to fetch something.

    What is on this machine is never asked for by a proxy.
    """
    network = _matching(shell, lists()["NETWORK"])
    not_by_proxy = ",".join(filter(None, (network.get("no_proxy") or network.get("NO_PROXY"), *_LOOPBACK)))
    return network | {"no_proxy": not_by_proxy, "NO_PROXY": not_by_proxy}


def seal() -> None:
    """Take out of this process's environment what is not let in, for itself and for all that it starts."""
    allowed = _matching(os.environ, [pattern for patterns in lists().values() for pattern in patterns])
    for name in os.environ.keys() - allowed.keys():
        del os.environ[name]
    os.environ.update({**NO_ACCOUNT, **fetching(allowed)})


def _matching(shell: Mapping[str, str], patterns: list[str]) -> dict[str, str]:
    return {name: value for name, value in shell.items() if any(fnmatchcase(name, pattern) for pattern in patterns)}
