"""Webhooks' schemas, and bodies within the limits, that take long or much memory to check with a plain validator."""

from typing import Any

FILL = 262_000
"""Bytes that a body may have, nearly."""


def ones(length: int) -> list[int]:
    return [1] * length


HEAVY: dict[str, tuple[dict[str, Any], Any]] = {
    "alternatives of each item": (
        {"items": {"anyOf": [{"type": "object", "required": [f"field {i}"]} for i in range(8)]}},
        ones(FILL // 2),
    ),
    "alternatives that are referred to": (
        {
            "$defs": {f"a{i}": {"items": {"type": "string", "minLength": i}} for i in range(9)},
            "oneOf": [{"$ref": f"#/$defs/a{i}"} for i in range(9)],
        },
        ones(FILL // 2),
    ),
    "many alternatives, of which the last fits": (
        {"items": {"anyOf": [{"type": "string", "minLength": i} for i in range(500)] + [{"type": "integer"}]}},
        ones(FILL // 2),
    ),
    "alternatives within alternatives": (
        {
            "$defs": {
                f"a{i}": {"anyOf": [{"$ref": f"#/$defs/a{i + 1}"}, {"$ref": f"#/$defs/a{i + 1}"}]} for i in range(60)
            }
            | {"a60": {"type": "string"}},
            "$ref": "#/$defs/a0",
        },
        1,
    ),
    "a long enumeration": ({"items": {"enum": ["x" * 20] * 500}}, ones(FILL // 2)),
    "a pattern that goes back and forth": ({"pattern": "^(a|a)*$"}, "a" * 30 + "b"),
    "a pattern of each item": ({"items": {"pattern": "a.*a.*a.*a.*b"}}, ["a" * 2_000] * 100),
    "many patterns of names": (
        {"patternProperties": {f"^(x|y)+{i}": {"type": "string"} for i in range(900)}},
        {f"x{i}": 1 for i in range(20_000)},
    ),
    "names that are not known": (
        {"properties": {"a": {}}, "additionalProperties": False},
        {str(i): 1 for i in range(20_000)},
    ),
    "rows with names that are not known": (
        {"items": {"properties": {"a": {}}, "additionalProperties": False}},
        [{f"unknown {i}": 1} for i in range(12_000)],
    ),
    "everything of one kind": ({"items": {"type": "string"}}, ones(FILL // 2)),
}
