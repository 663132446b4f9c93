"""The approval's page: HTML that works without a script, on a phone, with a keyboard and with a screen reader.

Everything from outside goes through :func:`html.escape`; the browser may load and run nothing:
:mod:`sfn_callback.approvals.page_style`. No page names an ARN: who may open it need not know the account.
"""

import time
from datetime import datetime
from html import escape

from sfn_callback import settings, timestamps
from sfn_callback.approvals import markup
from sfn_callback.approvals.decision import Decision
from sfn_callback.approvals.page_style import POLICY, STYLE
from sfn_callback.approvals.request import Action
from sfn_callback.approvals.store import Approval
from sfn_callback.aws.function_url import Response
from sfn_callback.settings import Asker

MAX_COMMENT = 2_000
MAX_DECIDER = 200

_UNITS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"))
_RECORDED = "Your answer was recorded."
_ADVICE = (
    "<p>Opening this page decides nothing. Whoever has its link can decide: do not pass it on."
    " If you did not expect it, ask before you answer.</p>"
)
_SIGNS = {"yes": "✓", "no": "✕", "late": "!"}


def ask(approval: Approval, complaint: str = "", status: int = 200, *, pressed: str = "") -> Response:
    """Show what is asked, and a button for each action.

    ``complaint`` says what was wrong with an answer; ``pressed`` is the action that this visitor has just taken.
    """
    notices = (_notice(_news(escape(complaint)), "late") if complaint else "") + _on_it(approval, pressed)
    facts = _facts(approval, "Decide by", _left(approval.deadline))
    return _page(status, approval.request.subject, notices, facts + _form(approval), _ADVICE)


def decided(approval: Approval, decision: Decision, *, refused: bool = False, pressed: str = "") -> Response:
    """Show who decided what and when.

    ``refused``: the visitor has just tried to decide otherwise; ``pressed`` as in :func:`ask`.
    """
    look = "late" if refused or decision.timed_out else "no" if decision.error is not None else "yes"
    news = _sorry(decision) if refused else _RECORDED if pressed and pressed == decision.action else ""
    text = _news(news) + _state(look, approval, decision) * (not refused) + f"<p>{_verdict(approval, decision)}</p>"
    status = 410 if decision.timed_out else 409 if refused else 200
    notice = _notice(text + _quote(decision.comment), look)
    return _page(status, approval.request.subject, notice, _facts(approval, "Deadline"))


def expired(approval: Approval) -> Response:
    """Show that nobody decided in time, or that nothing waits for it any more."""
    text = (
        f"<p>Nobody decided by {_when(approval.deadline)}. It is too late now: the process goes on without"
        " an answer.</p>"
    )
    if approval.closed:
        text = "<p>No answer is needed any more: the process that asked has ended.</p>"
    return _page(410, approval.request.subject, _notice(text, "late"), _facts(approval, "Deadline"))


def unknown() -> Response:
    """Show that the link is invalid: the id never existed, was changed on the way, or has expired."""
    text = "This link is invalid. It may be incomplete or expired. Open it from the message again."
    return problem(404, "Nothing to decide here", text)


def problem(status: int, title: str, said: str) -> Response:
    """Show what is wrong with a request."""
    return _page(status, title, "", f"<p>{escape(said)}</p>")


def _page(status: int, title: str, notices: str, body: str, advice: str = "") -> Response:
    asker = settings.current().asker
    header = f'<header dir="auto">{escape(asker.name)}</header>' if asker else ""
    content = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style></head><body>{header}"
        # The language of the asker is unknown.
        f'<main><div class="card">{notices}<h1 dir="auto" lang="">{escape(title)}</h1>{body}</div></main>'
        f"<footer>{advice}{_questions(asker)}</footer></body></html>\n"
    )
    return Response(status, content, headers={"content-security-policy": POLICY, "x-frame-options": "DENY"})


def _questions(asker: Asker | None) -> str:
    if asker is None:
        return ""
    address = asker.contact if asker.contact.startswith("https://") else f"mailto:{asker.contact}"
    return f"<p>Questions? <bdi>{escape(asker.name)}</bdi>: {markup.link(address, asker.contact)}</p>"


def _facts(approval: Approval, deadline: str, left: str = "") -> str:
    question = approval.request
    facts = [("Asked by", f"<bdi>{escape(question.requester)}</bdi>")] if question.requester else []
    facts.append((deadline, _when(approval.deadline) + left))
    rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    return f"<dl>{rows}</dl>{_text(question.details)}"


def _form(approval: Approval) -> str:
    if not approval.request.actions:
        return "<p>A program answers this, so there is no button here.</p>"
    buttons = "".join(_button(action) for action in approval.request.actions)
    # Enter in the field for the name would press the first button; one that is disabled stops that.
    # https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#implicit-submission
    return (
        '<form method="post"><button type="submit" disabled hidden></button>'
        '<label for="comment">Comment <small>(optional)</small></label>'
        f'<textarea id="comment" name="comment" rows="3" maxlength="{MAX_COMMENT}"></textarea>'
        '<label for="decider">Your name <small>(optional)</small></label>'
        f'<input id="decider" name="decider" maxlength="{MAX_DECIDER}" autocomplete="name">'
        f'<div class="actions">{buttons}</div></form>'
    )


def _button(action: Action) -> str:
    return f'<button name="action" value="{escape(action.name)}" class="{action.style}">{escape(action.label)}</button>'


def _sorry(decision: Decision) -> str:
    why = "You answered after the deadline" if decision.timed_out else "This was already decided"
    return f"{why}, so your answer was not accepted."


def _news(said: str) -> str:
    return f'<p class="news">{said}</p>' if said else ""


def _state(look: str, approval: Approval, decision: Decision) -> str:
    action = approval.request.action(decision.action)
    outcome = f"<bdi>{escape(action.label)}</bdi>" if action else "Nobody decided" if decision.timed_out else "Answered"
    return f'<p class="state"><span aria-hidden="true">{_SIGNS[look]}</span> {outcome}</p>'


def _verdict(approval: Approval, decision: Decision) -> str:
    action = approval.request.action(decision.action)
    what = f"“<bdi>{escape(action.label)}</bdi>”" if action else "An answer"
    if decision.timed_out:
        outcome = f"{what} was chosen at the deadline" if action else "the approval failed at the deadline"
        return f"Nobody decided in time, so {outcome}."
    by = f" by {_who(decision.decider)}" if decision.decider else " by a program" * decision.webhook
    return f"Decided: {what}{by}, {_at(decision.time)}."


def _who(decider: str) -> str:
    return "an operator" if decider.startswith("arn:") else f"<bdi>{escape(decider or 'somebody')}</bdi>"


def _on_it(approval: Approval, pressed: str) -> str:
    heartbeat = approval.heartbeat
    if heartbeat is None:
        return ""
    action = approval.request.action(pressed)
    yours = action is not None and action.label == heartbeat["label"]
    who, when = _who(heartbeat["decider"]), _at(heartbeat["time"])
    line = f"<p>“<bdi>{escape(heartbeat['label'])}</bdi>”, said {who}, {when}.</p>"
    return _notice(_news(_RECORDED * yours) + line + _quote(heartbeat["comment"]), news=yours)


def _notice(body: str, look: str = "", *, news: bool = True) -> str:
    # It comes with a new page, as nothing here runs a script: it is read aloud only where it has the focus.
    focus = ' tabindex="-1" autofocus' * news
    return f'<div class="{f"notice {look}".strip()}" role="status"{focus}>{body}</div>'


def _text(text: str) -> str:
    return f'<p class="text" dir="auto" lang="">{markup.linked(text)}</p>' if text else ""


def _quote(comment: str) -> str:
    return f'<blockquote class="text" dir="auto" lang="">{escape(comment)}</blockquote>' if comment else ""


def _left(deadline: int) -> str:
    seconds = deadline - time.time()
    unit, name = next(((unit, name) for unit, name in _UNITS if seconds >= 2 * unit), (0, ""))
    return f" (in {int(seconds // unit)} {name})" if unit else ""


def _when(seconds: int) -> str:
    return _at(timestamps.stamp(seconds))


def _at(time: str) -> str:
    spoken = timestamps.readable(int(datetime.fromisoformat(time).timestamp()))
    return f'<time datetime="{escape(time)}">{spoken}</time>'
