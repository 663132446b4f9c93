"""A webhook's JSON Schema: whether it can be used, and what is wrong with a body that does not match it.

The schema comes from an asker and the body from a stranger, and neither may exhaust a small function. A schema is
refused when it is given if the code that checks with it would be too large. A check ends after :data:`MAX_SECONDS` of
processor time, whatever the schema's alternatives, references and patterns are, and at the first problem. Only where a
schema has no alternatives does it go on to :data:`MAX_REASONS` problems: a failure inside an alternative is not a
problem, and would be kept too.
"""

import json
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from typing import Any, NoReturn

from sfn_callback.errors import InputInvalid

MAX_SECONDS = 2.0
"""Processor time for a check, and for making the code that checks. 256 MB have a seventh of a processor: it takes 14
seconds of the function's 60. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

MAX_WEIGHT = 1_500_000
"""The :func:`weight` of a schema whose code is made within 100 MB."""

MAX_REASONS = 100

_A_VALUE = 200
_A_COPY = 50
"""What a value of the schema weighs, and what each copy of it does."""

_MAX_REASON = 500
"""Characters of a reason: one names all that an enumeration has."""

_TRIED = ("anyOf", "oneOf", "not", "if", "contains", "propertyNames")
"""Keywords whose schemas are only tried."""

_OF_ANY = ("type", "enum", "const", "not", "anyOf", "oneOf")
_OF_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_OF_TEXTS = ("minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType")
_OF_ARRAYS = ("items", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains")
_OF_OBJECTS = ("required", "additionalProperties", "propertyNames", "minProperties", "maxProperties")
_REPORTED = frozenset((*_OF_ANY, *_OF_NUMBERS, *_OF_TEXTS, *_OF_ARRAYS, *_OF_OBJECTS))
"""Keywords that have problems of their own."""

_HIDDEN = "it has a property that the schema does not allow, or one with an invalid value"
_TOO_LONG = f"checking it takes more than {MAX_SECONDS:g} seconds of processor time"

Check = Callable[[Any], object]


class _Stopped(BaseException):
    """The time is over. It is not an ``Exception``, so that no checking code takes it for a problem."""


class _Enough(BaseException):
    """Enough problems are collected."""


def check(schema: dict[str, Any]) -> None:
    """Check that the schema can check bodies.

    Raises:
        InputInvalid: it is not a schema, it is too large, or the package cannot check it.
    """
    try:
        with _limited():
            heavy = weight(schema)
            if heavy <= MAX_WEIGHT:
                compiled(_text(schema))
    except _Stopped:
        raise InputInvalid('The webhook\'s "schema" takes too long to read: make it or its patterns smaller.') from None
    if heavy > MAX_WEIGHT:
        raise InputInvalid(
            f'The webhook\'s "schema" is too large: it weighs {heavy:,}, and at most {MAX_WEIGHT:,} is allowed.'
            f" Each value in it weighs at least {_A_VALUE}, and more where the names above it are long."
        )


def weight(schema: dict[str, Any]) -> int:
    """Return how much code a schema makes: each value counts with the names that lead to it.

    Each keyword comes with a copy of the schema that it is in, with what is referred to instead of the references.
    """
    return _weight(schema, 0, schema)


def _weight(value: object, path: int, root: Any) -> int:
    copies = _copies(value) * _copied(value, root) if isinstance(value, dict) else 0
    inner = ((path + len(name), one) for name, one in _members(value))
    return _A_VALUE + path + copies + sum(_weight(one, length, root) for length, one in inner)


def _copies(schema: dict[str, Any]) -> int:
    depending = schema.get("dependencies")
    each = depending.values() if isinstance(depending, dict) else ()
    return len(_REPORTED.intersection(schema)) + sum(len(one) if isinstance(one, list) else 1 for one in each)


def _copied(value: object, root: Any, *, references: bool = True) -> int:
    if references and isinstance(value, dict) and isinstance(value.get("$ref"), str):
        return _copied(_target(value["$ref"], root), root, references=False)
    length = len(value) if isinstance(value, str) else 0
    inner = sum(len(name) // 10 + _copied(one, root, references=references) for name, one in _members(value))
    return _A_COPY + length // 10 + inner


def _members(value: object) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        return value.items()
    return (("", one) for one in value) if isinstance(value, list) else ()


def _target(reference: str, root: Any) -> Any:
    """Return what a reference leads to, or all there is where that is not to be seen."""
    target = root
    for part in reference.removeprefix("#").split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        target = target.get(name) if isinstance(target, dict) else None
    return root if target is None else target


def problems(schema: dict[str, Any], content: Any) -> list[str]:
    """Return why a body does not match the schema: nothing if it does. No name that its sender chose is in it.

    Raises:
        Exception: the schema asks for the impossible, such as a multiple of 0.
    """
    text = _text(schema)
    try:
        with _limited():
            reasons = _found(text, content)
            return _without(_foreign_names(content, text), reasons) if reasons else []
    except _Stopped:
        return [_TOO_LONG]


def _found(schema: str, content: Any) -> list[str]:
    check, collects = compiled(schema)
    from fastjsonschema import JsonSchemaException, JsonSchemaValueException

    reasons: list[str] = []

    def problem(message: str, **_: object) -> Exception:
        reasons.append(message)
        if len(reasons) == MAX_REASONS:
            raise _Enough
        return JsonSchemaValueException(message)

    if collects:
        # The generated code calls this for each problem: the library itself would collect them all.
        check.__globals__["JsonSchemaValueException"] = problem
    try:
        check(content)
    except JsonSchemaException as raised:
        return reasons or [str(raised)]
    except _Enough:
        pass
    return reasons


def _without(foreign: list[str], reasons: list[str]) -> list[str]:
    """Return the reasons, each cut, with another one for those that a foreign name is in."""
    return [
        _HIDDEN if any(name in reason or repr(name)[1:-1] in reason for name in foreign) else reason[:_MAX_REASON]
        for reason in reasons
    ]


def _foreign_names(content: Any, schema: str) -> list[str]:
    """Return the names in a body that its sender chose."""
    names: set[str] = set()
    level = [content]
    while level:
        objects = [one for one in level if isinstance(one, dict)]
        names.update(chain.from_iterable(objects))
        lists = [one for one in level if isinstance(one, list)]
        level = [*chain.from_iterable(lists), *chain.from_iterable(one.values() for one in objects)]
    return [name for name in names if name not in schema]


@lru_cache(maxsize=4)
def compiled(schema: str) -> tuple[Check, bool]:
    """Return the code that checks by a schema in JSON, and whether it collects problems or ends at the first.

    Raises:
        InputInvalid: it is not a schema, or the library that reads it is missing.
    """
    try:
        import fastjsonschema
    except ImportError:
        raise InputInvalid(
            "A webhook's \"schema\" needs fastjsonschema, which the module's own package does not include: build"
            " one with pip install --target build --no-deps ./lambda_src 'fastjsonschema>=2.22', and set the variable"
            " `package` to it."
        ) from None
    nowhere = dict.fromkeys(("", "data", "file", "ftp", "http", "https"), _refuse_reference)
    collects = not any(f'"{name}"' in schema for name in _TRIED)
    try:
        check = fastjsonschema.compile(json.loads(schema), handlers=nowhere, use_default=False, fast_fail=not collects)
        return check, collects
    except InputInvalid:
        raise
    except Exception as error:
        # Not all errors are the library's own, for example one in a pattern.
        raise InputInvalid(f'The webhook\'s "schema" is not a JSON Schema: {error}.') from None


def _refuse_reference(uri: str) -> NoReturn:
    raise InputInvalid(f'The webhook\'s "schema" refers to {uri}; include what it refers to in the schema itself.')


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False)


@contextmanager
def _limited() -> Iterator[None]:
    """Raise :class:`_Stopped` after :data:`MAX_SECONDS` of processor time.

    A signal stops a pattern's search too. Python takes it in the main thread, which is where a handler runs.
    https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers
    """
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, MAX_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stop(*_: object) -> NoReturn:
    raise _Stopped
