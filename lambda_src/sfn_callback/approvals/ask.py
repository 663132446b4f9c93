"""The waiting state of an approval: save its token, and ask people.

Step Functions tries the state again when its wait times out: that is a reminder, with a token of its own. A decision
that was kept while no token was open is delivered by the next attempt, which is also where the deadline is noticed.
"""

import re
import time
from functools import cache, lru_cache

from sfn_callback import log, resume, settings, timestamps
from sfn_callback.approvals import decide, request, schema, store
from sfn_callback.approvals.decision import Decision
from sfn_callback.approvals.events import ApprovalWait
from sfn_callback.approvals.store import Approval
from sfn_callback.aws import clients
from sfn_callback.errors import SettingsInvalid
from sfn_callback.log_events import LogEvent

_MAX_SUBJECT = 100
"""https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: ASCII, no line breaks, less than 100 characters."""

_KEPT_SECONDS = 300
"""So long is the page's URL used before its parameter is read again."""

_URL = re.compile(r"https://[^\s?#]+")

_SKEW_SECONDS = 300
"""AWS takes no request of a clock that is further off: https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html"""


def ask(wait: ApprovalWait) -> None:
    """Save question and token; publish the question, or a reminder, or end the wait.

    Raises:
        InputInvalid: the request is invalid.
        ResumeError: the decision could not be delivered.
        ResumeUnsupported: this function's botocore cannot deliver any.
    """
    resume.check_answerable(wait.token)
    wanted = request.parse(wait.request).schema
    if wanted is not None:
        schema.check(wanted)
    table = store.connect()
    approval = table.ask(wait)
    if decide.expired(approval) or _is_last(wait, approval):
        approval = table.decide(approval.id, Decision.at_deadline(approval.request)) or approval
    if approval.decision:
        decide.deliver(approval)
    elif approval.snoozed:
        log.write(LogEvent.REMINDER_SKIPPED, approval=approval.mark)
    else:
        _publish(approval)


def _is_last(wait: ApprovalWait, approval: Approval) -> bool:
    """Return whether the machine's clock has reached the deadline: no attempt follows this one.

    Failed attempts are counted as well, so the count alone is not enough.
    """
    return approval.times_asked > wait.waits and time.time() >= approval.deadline - _SKEW_SECONDS


def _publish(approval: Approval) -> None:
    subject = f"{'Approval needed' if approval.times_asked == 1 else 'Reminder'}: {approval.request.subject}"
    topic = settings.current().approvals_topic
    clients.sns().publish(TopicArn=topic, Subject=_line(subject), Message=_message(approval))
    tokens = [*map(log.fingerprint, approval.tokens)]
    log.write(LogEvent.APPROVAL_ASKED, approval=approval.mark, times=approval.times_asked, tokens=tokens)


def _line(text: str) -> str:
    shown = "".join(letter if " " <= letter <= "~" else "?" for letter in " ".join(text.split()))
    return shown if len(shown) < _MAX_SUBJECT else f"{shown[: _MAX_SUBJECT - 4]}..."


def _message(approval: Approval) -> str:
    request_, asker = approval.request, settings.current().asker
    paragraphs = [
        request_.subject,
        request_.details,
        f"Asked by: {request_.requester}" if request_.requester else "",
        f"For: {asker.name}, {asker.contact}" if asker else "",
        f"Decide by: {timestamps.readable(approval.deadline)}",
        "Decide here:",
        # On a line of its own: text beside a link may become part of it.
        f"{page_url()}{approval.id}",
        "Opening the link decides nothing. Whoever has it can decide: do not pass it on.",
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def page_url() -> str:
    """Return where the page is, with a slash at the end.

    Raises:
        SettingsInvalid: the parameter does not hold such a URL.
    """
    config = settings.current()
    parameter = config.page_url_parameter
    url = config.page_url or (_kept_in(parameter, int(time.time()) // _KEPT_SECONDS) if parameter else _function_url())
    return url.rstrip("/") + "/"


@clients.resettable
@cache
def _function_url() -> str:
    # It is looked up, because a function cannot be given its own URL at deployment: it would have to exist first.
    return clients.functions().get_function_url_config(FunctionName=settings.current().page_function)["FunctionUrl"]


@clients.resettable
@lru_cache(maxsize=1)
def _kept_in(parameter: str, _period: int) -> str:
    # https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
    url: str = clients.parameters().get_parameter(Name=parameter)["Parameter"]["Value"].strip()
    if not _URL.fullmatch(url):
        raise SettingsInvalid(
            f"The SSM parameter {parameter} must hold the URL of the approvals' page: https://, without a query."
        )
    return url
