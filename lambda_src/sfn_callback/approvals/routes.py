"""The responses of the approvals' page: GET shows, POST decides, once.

Mail scanners open links, and some run what they find there, so nothing but a POST changes anything. The page sets no
cookie. A sign-in in front of it does, and is sent wherever a form leads: so what a browser sends for a page of somebody
else's, who found a link and may not sign in, is refused.
"""

from dataclasses import replace
from urllib.parse import parse_qs

from sfn_callback import errors, ids, log
from sfn_callback.approvals import decide, page, store, webhook
from sfn_callback.approvals.decide import AnswerResult
from sfn_callback.approvals.decision import Decision
from sfn_callback.approvals.request import Action
from sfn_callback.approvals.store import Approval
from sfn_callback.aws import clients, function_url
from sfn_callback.aws.function_url import Request, Response
from sfn_callback.log_events import LogEvent
from sfn_callback.resume import MAX_OUTPUT

_PRESSED = "pressed="
"""The query of the page that says what became of an answer. It decides nothing, and shows nothing that is not kept."""

_SITE = "sec-fetch-site"
_OTHER_SITES = ("cross-site", "same-site")
"""What browsers say of a form on another page, and no page can change: https://www.w3.org/TR/fetch-metadata/"""

_METHODS = ("GET", "HEAD", "POST")
_STATUSES = {
    AnswerResult.TAKEN: (200, "Taken."),
    AnswerResult.TOO_LATE: (410, "Nobody answered in time: it is too late now."),
    AnswerResult.OTHERWISE_DECIDED: (409, "This was already decided, so this answer was not accepted."),
    AnswerResult.GONE: (404, "There is nothing to answer at this address."),
}
_UNAVAILABLE = "Temporarily unavailable. Nothing was lost: please try again in a moment."
_UNCLEAR = (
    "Your sign-in does not name exactly one person. Sign in again; if that does not help, tell whoever sent you the"
    " link."
)
_FOREIGN = "It was sent from another page. Open the link that you were sent, and press a button there."
_UNDELIVERED = "Your answer is saved, but not delivered yet. Delivery is retried; you can also send it again."


def respond(request: Request) -> Response:
    """Return the response to the request; a HEAD gets its GET's response without the body."""
    try:
        response = _respond(request)
    except clients.ERRORS as error:
        log.write(LogEvent.REQUEST_NOT_SERVED, problem=clients.described(error))
        response = _later(request, "Temporarily unavailable", _UNAVAILABLE)
    return response if request.method != "HEAD" else replace(response, body="")


def _respond(request: Request) -> Response:
    if request.method not in _METHODS:
        refused = page.problem(405, "Not possible", "You can only open this page and press its buttons.")
        return refused.having(allow=", ".join(_METHODS))
    if request.unclear:
        log.write(LogEvent.SIGN_IN_UNCLEAR)
        return _complain(request, 403, _UNCLEAR, "Not possible")
    if len(request.body) > MAX_OUTPUT:
        return _complain(request, 413, f"An answer may have at most {MAX_OUTPUT:,} bytes.")
    named = ids.approval_in(request.path)
    # Do not look up what cannot be an id. The form of ids is not a secret, and the ledger's key is only their hash, so
    # that not even the time of a look-up tells how close a guess was.
    approval = store.connect().find(named) if named else None
    return _post(request, approval) if request.method == "POST" else _show(approval, request.query)


def _show(approval: Approval | None, query: str) -> Response:
    if approval is None:
        return page.unknown()
    pressed = query.removeprefix(_PRESSED) if query.startswith(_PRESSED) else ""
    if approval.decision:
        return page.decided(approval, approval.decision, pressed=pressed)
    return page.expired(approval) if decide.expired(approval) else page.ask(approval, pressed=pressed)


def _post(request: Request, approval: Approval | None) -> Response:
    if approval is None:
        gone = {"error": _STATUSES[AnswerResult.GONE][1]}
        return function_url.as_json(404, gone) if request.content_type == function_url.JSON else page.unknown()
    try:
        if request.content_type == function_url.JSON:
            return _take_json(request, approval)
        if request.content_type == function_url.FORM:
            foreign = request.headers.get(_SITE) in _OTHER_SITES
            return _complain(request, 403, _FOREIGN) if foreign else _take_form(request, approval)
    except errors.ResumeError as error:
        log.write(LogEvent.DECISION_NOT_DELIVERED, approval=approval.mark, problem=f"{type(error).__name__}: {error}")
        return _later(request, "Not delivered yet", _UNDELIVERED)
    return _complain(
        request, 415, f"An answer must be {function_url.FORM}, as the page sends it, or {function_url.JSON}."
    )


def _take_json(request: Request, approval: Approval) -> Response:
    signature = request.headers.get(webhook.HEADER, "")
    try:
        decided = webhook.decision(approval, request.body, signature, request.principal)
    except errors.AnswerRefused as refused:
        return function_url.as_json(refused.status, {"error": str(refused), "reasons": refused.reasons})
    reception = decide.decide(approval, decided)
    status, reason = _STATUSES[reception]
    return function_url.as_json(status, {"accepted": True} if reception is AnswerResult.TAKEN else {"error": reason})


def _take_form(request: Request, approval: Approval) -> Response:
    fields = _fields(request.body)
    action = approval.request.action(fields["action"])
    if action is None:
        return page.ask(approval, "Your answer was not accepted: press one of the buttons below.", 400)
    if len(fields["comment"]) > page.MAX_COMMENT or len(fields["decider"]) > page.MAX_DECIDER:
        limits = f"{page.MAX_COMMENT:,} characters for the comment, {page.MAX_DECIDER} for the name"
        return page.ask(approval, f"Your answer was not accepted, because it is too long: at most {limits}.", 400)
    who = {"comment": fields["comment"], "decider": fields["decider"]}
    if action.kind == "heartbeat":
        return _received(approval, action, decide.note_heartbeat(approval, action, **who))
    decided = Decision.of_action(action, principal=request.principal, **who)
    return _received(approval, action, decide.decide(approval, decided))


def _fields(body: bytes) -> dict[str, str]:
    try:
        given = parse_qs(body.decode(errors="replace"), max_num_fields=20)
    except ValueError:
        given = {}
    first = {name: given.get(name, [""])[0] for name in ("action", "comment", "decider")}
    return {name: value.replace("\r\n", "\n").strip() for name, value in first.items()}


def _received(approval: Approval, action: Action, reception: AnswerResult) -> Response:
    if reception is AnswerResult.TAKEN:
        # A page that is got, so that to reload it sends nothing again. Only a query, as the same path leads there,
        # whatever is before and behind the id: https://www.rfc-editor.org/rfc/rfc3986#section-5.2.2
        return Response(303, headers={"location": f"?{_PRESSED}{action.name}"})
    latest = store.connect().find(approval.id)
    if latest and latest.decision:
        return page.decided(latest, latest.decision, refused=True)
    return page.expired(latest) if latest else page.unknown()


def _later(request: Request, title: str, said: str) -> Response:
    return _complain(request, 503, said, title).having(retry_after=str(function_url.RETRY_SECONDS))


def _complain(request: Request, status: int, reason: str, title: str = "Your answer was not accepted") -> Response:
    if request.content_type == function_url.JSON:
        return function_url.as_json(status, {"error": reason})
    return page.problem(status, title, reason)
