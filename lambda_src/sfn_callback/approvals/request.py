"""An approval's request: what is asked, and the actions that answer it.

A request is the input of the waiting state::

    {
      "subject": "Publish the catalogue?",             required; at most 200 characters
      "details": "…", "requester": "…",                at most 10,000 and 200 characters
      "actions": [{"name": "approve"}, …],             default: approve and reject
      "default": "reject",                             the action taken at the deadline; else it fails: ApprovalTimedOut
      "webhook": {"schema": {…}}                       lets a program answer with JSON; the schema is optional
    }

An action has a ``name`` (lower-case letters, digits, ``_`` and ``-``), a ``label``, a ``style`` (``primary``,
``danger`` or ``neutral``) and a ``kind``: ``success`` with an optional ``output``, ``failure`` with an ``error``, or
``heartbeat``, which decides nothing: somebody is working on it.

Identical requests of one state of an execution that are entered in the same millisecond, as in a Map, are one approval.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_callback import validation
from sfn_callback.errors import InputInvalid, OutputInvalid
from sfn_callback.resume import MAX_ERROR, encoded

MAX_REQUEST = 65_536
"""Bytes of a request as JSON: one item of 400 KB keeps it, a token, a heartbeat and a decision of 262,144 bytes."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_TEXTS = {"subject": 200, "details": 10_000, "requester": 200}
_FIELDS = {*_TEXTS, "actions", "default", "webhook"}
_ACTION_FIELDS = {"name", "label", "style", "kind", "output", "error"}
_STYLES = ("primary", "danger", "neutral")
_KINDS = ("success", "failure", "heartbeat")
_MAX_ACTIONS = 8
_APPROVE = {"name": "approve", "style": "primary"}
_REJECT = {"name": "reject", "style": "danger", "kind": "failure", "error": "Rejected"}


@dataclass(frozen=True, slots=True)
class Action:
    """One way to answer."""

    name: str
    label: str
    style: str
    kind: str
    output: Any = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """A valid request. ``schema`` is what a webhook's body must satisfy, if anything."""

    subject: str
    details: str
    requester: str
    actions: tuple[Action, ...]
    default: str | None
    takes_webhook: bool
    schema: dict[str, Any] | None

    def action(self, name: str | None) -> Action | None:
        """Return the action of that name, ``None`` where there is none."""
        return next((action for action in self.actions if action.name == name), None)


def parse(request: object) -> ApprovalRequest:
    """Read a request.

    Raises:
        InputInvalid: naming the first thing that is wrong with it.
    """
    fields = _object("The approval", request, _FIELDS)
    _check_kept(fields)
    texts = {name: _text(fields, name, limit) for name, limit in _TEXTS.items()}
    if not texts["subject"].strip():
        raise InputInvalid('The approval needs a "subject": one line that says what is asked.')
    takes_webhook = fields.get("webhook") is not None
    parsed = ApprovalRequest(
        **texts,
        actions=_actions(fields.get("actions"), takes_webhook),
        default=fields.get("default"),
        takes_webhook=takes_webhook,
        schema=_schema(fields["webhook"]) if takes_webhook else None,
    )
    _check_answers(parsed)
    return parsed


def _check_kept(fields: Mapping[str, Any]) -> None:
    if validation.too_deep(fields):
        raise InputInvalid(f"The approval is nested more than {validation.MAX_DEPTH} levels deep.")
    try:
        size = len(encoded(fields))
    except OutputInvalid:
        raise InputInvalid("The approval has a number or a character that JSON cannot hold.") from None
    if size > MAX_REQUEST:
        raise InputInvalid(f"The approval has {size:,} bytes of JSON; at most {MAX_REQUEST:,} are allowed.")


def _check_answers(request: ApprovalRequest) -> None:
    if not request.takes_webhook and all(action.kind == "heartbeat" for action in request.actions):
        raise InputInvalid(
            "The approval's \"actions\" must include one of kind 'success' or 'failure': nothing else ends it."
        )
    default = request.action(request.default)
    if request.default is not None and (default is None or default.kind == "heartbeat"):
        deciding = ", ".join(action.name for action in request.actions if action.kind != "heartbeat")
        raise InputInvalid(
            f'The approval\'s "default" is {validation.shown(request.default)}, which is not one of its'
            f" success or failure actions: {deciding or 'there is none'}."
        )


def _actions(listed: object, takes_webhook: bool) -> tuple[Action, ...]:
    if listed is None:
        listed = [] if takes_webhook else [_APPROVE, _REJECT]
    if not isinstance(listed, list) or len(listed) > _MAX_ACTIONS:
        raise InputInvalid(f'The approval\'s "actions" must be a list of at most {_MAX_ACTIONS} objects.')
    actions = tuple(_action(one) for one in listed)
    names = [action.name for action in actions]
    if len(set(names)) < len(names):
        raise InputInvalid(f'The approval\'s "actions" must have different names, not {", ".join(names)}.')
    return actions


def _action(value: object) -> Action:
    fields = _object("An action", value, _ACTION_FIELDS)
    name = fields.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputInvalid(
            f"An action's \"name\" must have 1 to 32 lower-case letters, digits, '_' and '-',"
            f" not {validation.shown(name)}."
        )
    kind, style = fields.get("kind", "success"), fields.get("style", "neutral")
    if kind not in _KINDS or style not in _STYLES:
        raise InputInvalid(f'The action {name}\'s "kind" must be one of {_KINDS} and its "style" one of {_STYLES}.')
    label = _text(fields, "label", 80) or name.replace("_", " ").replace("-", " ").capitalize()
    return Action(name, label, style, kind, fields.get("output"), _error(name, kind, fields))


def _error(name: str, kind: str, fields: Mapping[str, Any]) -> str | None:
    error = fields.get("error")
    if kind != "failure" and error is not None:
        raise InputInvalid(f"The action {name} has an \"error\", which only one of kind 'failure' can have.")
    if kind != "success" and "output" in fields:
        raise InputInvalid(f"The action {name} has an \"output\", which only one of kind 'success' can have.")
    if kind == "failure" and not (isinstance(error, str) and 0 < len(error.encode(errors="replace")) <= MAX_ERROR):
        raise InputInvalid(f'The action {name} needs an "error": a name of 1 to {MAX_ERROR} bytes to catch it by.')
    return error


def _schema(webhook: object) -> dict[str, Any] | None:
    schema = _object('The approval\'s "webhook"', webhook, {"schema"}).get("schema")
    if schema is not None and not isinstance(schema, dict):
        raise InputInvalid('The webhook\'s "schema" must be a JSON Schema: an object.')
    return schema


def _object(what: str, value: object, known: set[str]) -> Mapping[str, Any]:
    fields = validation.fields(what, value)
    unknown = {name: None for name in fields if name not in known}
    if unknown:
        raise InputInvalid(f"{what} has unknown fields: {validation.names(unknown)}; allowed: {sorted(known)}.")
    return fields


def _text(fields: Mapping[str, Any], name: str, limit: int) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str) or len(value) > limit:
        raise InputInvalid(f'"{name}" must be a string of at most {limit:,} characters.')
    return value
