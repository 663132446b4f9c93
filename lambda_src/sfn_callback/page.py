"""The approval's page: HTML that works without a script, on a phone, with a keyboard and with a screen reader.

All that comes from outside goes through :func:`html.escape`; the browser is told to load and run nothing
(https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy).
"""

import base64
import hashlib
from datetime import datetime
from html import escape

from sfn_callback import approval
from sfn_callback.approval import Action, Decision
from sfn_callback.approvals import Approval
from sfn_callback.web import Response

MAX_COMMENT = 2_000
MAX_DECIDER = 200

_STYLE = """
:root{color-scheme:light dark;--text:#1a1a1a;--quiet:#565656;--back:#fff;--line:#8a8a8a;--go:#0b5f2b;--stop:#a11212}
@media(prefers-color-scheme:dark){:root{--text:#f1f1f1;--quiet:#b9b9b9;--back:#161616;--line:#8a8a8a}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
main{max-width:42rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}
h1,p,dd,blockquote{overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0 0 1.5rem}
dt,small{color:var(--quiet)}
dd{margin:0}
.text{white-space:pre-wrap}
.notice{border-left:.25rem solid var(--line);padding:.25rem 0 .25rem 1rem;margin:0 0 1.5rem}
.notice p{margin:.25rem 0}
blockquote{margin:.5rem 0 .25rem;padding-left:1rem;border-left:1px solid var(--line)}
label{display:block;margin:1rem 0 .25rem}
input,textarea{width:100%;padding:.5rem;font:inherit;color:inherit;background:inherit;
border:1px solid var(--line);border-radius:.25rem}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}
button{min-height:2.75rem;max-width:100%;padding:.5rem 1.25rem;font:inherit;font-weight:600;overflow-wrap:anywhere;
color:inherit;background:inherit;border:2px solid var(--line);border-radius:.25rem;cursor:pointer}
@media(max-width:30rem){.actions{flex-direction:column}}
.primary{color:#fff;background:var(--go);border-color:var(--go)}
.danger{color:#fff;background:var(--stop);border-color:var(--stop)}
:focus-visible{outline:3px solid #2b7de9;outline-offset:2px}
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def ask(asked: Approval, complaint: str = "", status: int = 200) -> Response:
    """Show what is asked, and a button for each action; ``complaint`` says what was wrong with an answer."""
    notices = (_notice(f"<p>{escape(complaint)}</p>") if complaint else "") + _on_it(asked)
    return _page(status, asked.question.subject, _facts(asked) + notices + _form(asked))


def decided(asked: Approval, decision: Decision, *, refused: bool = False) -> Response:
    """Show who decided what and when; ``refused``: to somebody who has just tried to decide otherwise."""
    sorry = f"<p>{_sorry(decision)}</p>" if refused else ""
    said = _notice(f"{sorry}<p>{_verdict(asked, decision)}</p>{_quote(decision.comment)}")
    status = 410 if decision.timed_out else 409 if refused else 200
    return _page(status, asked.question.subject, said + _facts(asked))


def expired(asked: Approval) -> Response:
    """Show that nobody has decided in time, or that nobody waits for it any more."""
    said = f"<p>Nobody decided until {_when(asked.deadline)}. It is too late now: the process goes on without.</p>"
    if asked.closed:
        said = "<p>Nobody waits for an answer any more: the process that asked has ended.</p>"
    return _page(410, asked.question.subject, _notice(said) + _facts(asked))


def unknown() -> Response:
    """Show that there is nothing here: for ids that never were, were changed on the way, or are long over."""
    said = (
        "This link leads nowhere. It may have been cut off on its way, or be too old. Open it from the message again."
    )
    return problem(404, "Nothing to decide here", said)


def problem(status: int, title: str, said: str) -> Response:
    """Show what is wrong with a request."""
    return _page(status, title, f"<p>{escape(said)}</p>")


def _page(status: int, title: str, body: str) -> Response:
    content = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<style>{_STYLE}</style></head><body><main><h1 dir="auto">{escape(title)}</h1>{body}</main></body></html>\n'
    )
    return Response(status, content, headers={"content-security-policy": _POLICY, "x-frame-options": "DENY"})


def _facts(asked: Approval) -> str:
    question = asked.question
    facts = [("Asked by", f"<bdi>{escape(question.requester)}</bdi>")] if question.requester else []
    facts.append(("Until", _when(asked.deadline)))
    rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    return f"{_text(question.details)}<dl>{rows}</dl>"


def _form(asked: Approval) -> str:
    if not asked.question.actions:
        return "<p>This waits for a program's answer, so there is no button here.</p>"
    buttons = "".join(_button(action) for action in asked.question.actions)
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
    why = "You answered after the deadline" if decision.timed_out else "This was decided already"
    return f"{why}, so your answer was not taken."


def _verdict(asked: Approval, decision: Decision) -> str:
    action = asked.question.action(decision.action)
    what = f"“<bdi>{escape(action.label)}</bdi>”" if action else "An answer"
    if decision.timed_out:
        outcome = f"this was taken at the deadline: {what}" if action else "it was given up at the deadline"
        return f"Nobody decided in time, so {outcome}."
    by = f" by <bdi>{escape(decision.decider)}</bdi>" if decision.decider else " by a program" * decision.webhook
    principal = f" ({escape(decision.principal)})" if decision.principal else ""
    return f"Decided: {what}{by}{principal}, {_at(decision.time)}."


def _on_it(asked: Approval) -> str:
    said = asked.heartbeat
    if said is None:
        return ""
    who = escape(said["decider"] or "somebody")
    line = f"<p>“<bdi>{escape(said['label'])}</bdi>”, said <bdi>{who}</bdi>, {_at(said['time'])}.</p>"
    return _notice(line + _quote(said["comment"]))


def _notice(body: str) -> str:
    return f'<div class="notice" role="status">{body}</div>'


def _text(text: str) -> str:
    return f'<p class="text" dir="auto">{escape(text)}</p>' if text else ""


def _quote(comment: str) -> str:
    return f'<blockquote class="text" dir="auto">{escape(comment)}</blockquote>' if comment else ""


def _when(seconds: int) -> str:
    return _at(approval.stamp(seconds))


def _at(time: str) -> str:
    spoken = approval.readable(int(datetime.fromisoformat(time).timestamp()))
    return f'<time datetime="{escape(time)}">{spoken}</time>'
