"""DynamoDB's expressions, as moto reads and checks them, with each read and checked once."""

import pickle
from functools import cache
from importlib import import_module
from typing import Any

from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.parsing import validators

_nodes: Any = import_module("moto.dynamodb.parsing.ast_nodes")
_parser: Any = import_module("moto.dynamodb.parsing.expressions").UpdateExpressionParser
_users: Any = import_module("moto.dynamodb.models"), import_module("moto.dynamodb.responses")
_Step: Any = _nodes.DepthFirstTraverser
_OF_AN_EXPRESSION = (
    validators.ActionCountValidator,
    validators.OverlappingPathsValidator,
    validators.UpdateHashRangeKeyValidator,
)
"""Look at an update's expression, its names and the table's key, and change nothing."""


def parsed(text: str) -> Any:
    """Return an update's expression, which is copied before it is changed."""
    made = _parse(text)
    made.text = text
    made.pickled = pickle.dumps(made)
    return made


_parse = _parser.make
_parser.make = staticmethod(cache(parsed))
_nodes.UpdateExpression.__deepcopy__ = lambda self, _: pickle.loads(self.pickled)


@cache
def is_looked_at(step: Any, node: Any) -> bool:
    """Whether a step changes or checks nodes of a kind."""
    return issubclass(node, _Step.nodes_to_be_processed(object.__new__(step)))


@cache
def is_node(kind: Any) -> bool:
    """Whether it is a kind of nodes."""
    return issubclass(kind, _nodes.Node)


def traverse(step: Any, node: Any, place: int = -1) -> Any:
    """Have a step look at a tree, from its leaves up; return what the step makes of it."""
    watches = type(step).pre_processing_of_child is not _Step.pre_processing_of_child
    for at, child in enumerate(node.children or ()):
        if watches:
            step.pre_processing_of_child(node, at)
        if is_node(child.__class__):
            traverse(step, child, at)
    if not is_looked_at(step.__class__, node.__class__):
        return node
    parent, node = node.parent, step.process(node)
    node.parent = parent
    if parent:
        parent.children[place] = node
    return node


_Step.traverse = traverse


def validate(validator: Any) -> Any:
    """Check an update, and put values in the place of their names; what was checked of its expression holds."""
    node = validator.node_to_validate
    table = validator.table
    checked = node.text, str(validator.expression_attribute_names), str(table.table_key_attrs)
    for step in validator.processors:
        if checked not in _checked or not isinstance(step, _OF_AN_EXPRESSION):
            node = step.traverse(node)
    _checked.add(checked)
    return node


_checked: set[tuple[str, str, str]] = set()
validators.UpdateExpressionValidator.validate = validate  # type: ignore[method-assign,assignment]


class Condition(ConditionExpressionParser):
    """A condition, which moto parses to see which names it uses, and again to find whether it is met."""

    met: Any = None

    def parse(self) -> Any:
        """Return what tells whether an item meets it."""
        if self.met is None:
            self.met = super().parse()
        return self.met


def condition(text: str | None, names: Any, values: Any) -> Condition:
    """Return a condition's parser: the same for the same condition and values, as both of a request's are."""
    key, known = str((text, names, values)), _latest[0]
    if not known or known[0] != key:
        known = _latest[0] = key, Condition(text, names, values)
    return known[1]


_latest: list[tuple[str, Condition] | None] = [None]
for _user in _users:
    _user.create_condition_expression_parser = condition
