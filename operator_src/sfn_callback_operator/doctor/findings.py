"""The findings of a check: severity, what, and what to do about it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from sfn_callback.aws import clients
from sfn_callback_operator.deployment import Deployment

GOOD, WARNING, PROBLEM, UNKNOWN = "good", "warning", "problem", "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. ``do`` is a sentence or a command, empty if all is well."""

    level: str
    what: str
    says: str
    do: str = ""


Check = Callable[[Deployment], Iterable[Finding]]


def good(what: str, says: str = "") -> Finding:
    """Return the finding of a check that passed."""
    return Finding(GOOD, what, says)


def looked(check: Check, deployment: Deployment) -> Iterator[Finding]:
    """Yield a check's findings; if the check is not permitted, yield that instead of stopping."""
    try:
        yield from check(deployment)
    except ClientError as error:
        what = check.__name__.replace("_", " ")
        yield Finding(UNKNOWN, what, f"could not be checked: {clients.described(error)}", _ALLOW)


_ALLOW = "The credentials lack permission, or the endpoint does not support this check."
