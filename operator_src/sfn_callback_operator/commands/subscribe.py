"""``subscribe``."""

import re
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import typer
from botocore.exceptions import ClientError

from sfn_callback_operator.actions import subscribers
from sfn_callback_operator.actions.subscribers import Subscriber
from sfn_callback_operator.commands import options
from sfn_callback_operator.commands.options import Yes
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.output import screen

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_TOKEN = re.compile("[0-9A-Za-z]{32,}")
_CONFIRM = (
    "SNS sends {} a mail. Copy its link without opening it, and within two days run:"
    " sfn-callback subscribe --confirm 'LINK'"
)


def subscribe(
    context: typer.Context,
    address: Annotated[str | None, typer.Argument(metavar="EMAIL", help="Email address to subscribe.")] = None,
    confirm: Annotated[
        str | None, typer.Option("--confirm", metavar="LINK", help="Link in the mail from SNS, or the token in it.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Subscribe somebody to mails about approvals, safe from mail scanners.

    Each mail from SNS has a link that unsubscribes its reader, and mail scanners follow links. After --confirm that
    link needs an AWS sign-in. This takes two steps, because SNS sends a token by mail.

    [dim]$ sfn-callback subscribe ana@example.com

    $ sfn-callback subscribe --confirm 'https://sns.…'[/dim]
    """
    if (address is None) == (confirm is None):
        raise OperatorError("Give an address, or --confirm with the link that SNS has sent to it.", USAGE)
    deployment = options.opened(context)
    if "approval" not in deployment.machines:
        raise OperatorError(f"{deployment.name} has no approval workflow.", USAGE)
    if confirm is not None:
        _confirm(deployment.settings.approvals_topic, confirm)
    elif address is not None:
        _subscribe(deployment, address, yes)


def _subscribe(deployment: Deployment, address: str, yes: bool) -> None:
    if not _ADDRESS.fullmatch(address):
        raise OperatorError(f"{address!r} is not an email address such as ana@example.com.", USAGE)
    topic = deployment.settings.approvals_topic
    there = subscribers.by_mail(topic, address)
    if there and there.state == "confirmed":
        if subscribers.is_locked(there):
            screen.say(f"{address} is already subscribed, and no link in a mail unsubscribes it.")
            return
        _take_out(deployment, there, yes)
    subscribers.ask(topic, address)
    screen.say(_CONFIRM.format(address))


def _take_out(deployment: Deployment, there: Subscriber, yes: bool) -> None:
    # A token is good for two days, so that the one of the first confirmation is of no use any more.
    question = (
        f"{there.endpoint} is already subscribed, and a link in each mail unsubscribes it. Subscribe it anew?"
        " It gets no mail until that is confirmed."
    )
    options.confirmed(deployment, question, yes)
    subscribers.remove(there)


def _confirm(topic: str, given: str) -> None:
    token = _token(topic, given.strip().strip("<>'\""))
    try:
        subscribers.confirm(topic, token)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("InvalidParameter", "NotFound"):
            raise
        raise OperatorError(
            "SNS refuses this link: it is older than two days, or replaced by a newer mail. Ask again with"
            " sfn-callback subscribe EMAIL."
        ) from None
    screen.say("Confirmed: the address gets mails about approvals from now on, and no link in them unsubscribes it.")


def _token(topic: str, given: str) -> str:
    """Return the token of a confirmation's link, or the token itself."""
    query = parse_qs(urlsplit(given).query)
    asked = query.get("TopicArn", [topic])[0]
    if asked != topic:
        raise OperatorError(f"This link belongs to the topic {asked}, not to {topic}: name its deployment.", USAGE)
    token: str = query.get("Token", [given])[0]
    if not _TOKEN.fullmatch(token):
        raise OperatorError("This is neither the link of a subscription mail from SNS nor its token.", USAGE)
    return token
