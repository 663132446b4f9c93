"""How the checkout holds together: what begins with ``_`` is its module's own, and tests are where their modules are.

Nobody else reaches what is a module's own, nor names it in a text that is patched.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.readme import ROOT

OURS = ("benchmarks", "demo", "emulator", "lambda_src", "operator_src", "proof", "testing", "tests", "tools")
PACKAGES = re.compile(r"(sfn_callback(_operator)?|benchmarks|demo|emulator|proof|testing|tests|tools)(\.|$)")
PRIVATE = re.compile(r"_[A-Za-z0-9]\w*")
NAMED_TUPLES = {"_asdict", "_fields", "_replace"}
PATCHES = {"setattr", "delattr", "getattr", "object"}
STRANGERS = {"body", "provider", "self", "cls", "worker"}
"""Variables that hold what is of foreign libraries, whose names are looked for when they are patched; and one's own."""


def is_private(name: str) -> bool:
    # What ends with one as well is documented: https://docs.python.org/3/library/enum.html#supported-sunder-names
    return bool(PRIVATE.fullmatch(name)) and not name.endswith("_") and name not in NAMED_TUPLES


def imported(tree: ast.AST, *, ours: bool) -> set[str]:
    """The names by which a file knows what is ours, or what is of foreign libraries."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for one in node.names:
                origin = node.module or "" if isinstance(node, ast.ImportFrom) else one.name
                if bool(PACKAGES.match(origin)) is ours:
                    found.add(one.asname or one.name.partition(".")[0])
    return found


def strangers_in(tree: ast.AST) -> set[str]:
    """The names by which a file knows foreign libraries, and what it has of them."""
    ours = imported(tree, ours=True)
    found = STRANGERS | imported(tree, ours=False)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and root(node.value) in found - {"self", "cls"}:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {one.id for one in targets if isinstance(one, ast.Name)}
    return found - ours


def root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def reached(source: str) -> Iterator[str]:
    """Yield what a file reaches of others that is private there."""
    tree = ast.parse(source)
    strangers = strangers_in(tree)
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name, value=of) if is_private(name) and root(of) not in strangers:
                if not (isinstance(of, ast.Name) and name in own):
                    yield ast.unparse(node)
            case ast.ImportFrom(module=str(module), names=names) if PACKAGES.match(module):
                yield from (f"{module}.{one.name}" for one in names if is_private(one.name))
            case ast.Call(func=ast.Attribute(attr=call) | ast.Name(id=call), args=[of, ast.Constant(str(name)), *_]):
                if call in PATCHES and is_private(name) and root(of) not in strangers:
                    yield ast.unparse(node)
            case ast.Constant(value=str(text)) if re.search(r"\b(from|import) sfn_callback", text):
                # A program for another process.
                yield from (one for one in re.findall(r"\b\w+\._[a-zA-Z]\w*", text) if not one.startswith("os."))
            case ast.Constant(value=str(text)) if PACKAGES.match(text) and re.fullmatch(r"[\w.]+", text):
                yield from [text] if any(map(is_private, text.split("."))) else []


FILES = [path for folder in OURS for path in sorted((ROOT / folder).rglob("*.py"))]


def test_nobody_reaches_what_is_private_elsewhere() -> None:
    found = {
        str(path.relative_to(ROOT)): [*reached(path.read_text())] for path in FILES if path.name != Path(__file__).name
    }
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from sfn_callback.aws import clients\nclients._make('s3')",
        "from sfn_callback.tasks import worker\nworker._watch()",
        "from sfn_callback import log as said\nsaid._logger.handlers",
        "from sfn_callback.log import _logger",
        "from sfn_callback.approvals import store\nstore.connect()._id_of(1)",
        "def f(raw): return raw._ranges",
        "run('from sfn_callback.aws import session; session._Files(); os._exit(0)')",
        "mock.patch('sfn_callback.fanin.protocol._step', 1)",
        "def f(monkeypatch, desk): monkeypatch.setattr(desk.functions, '_handled', 1)",
    ],
)
def test_what_is_reached_is_found(source: str) -> None:
    assert len([*reached(source)]) == 1


@pytest.mark.parametrize(
    "source",
    [
        "from pypdf import _reader\n_reader._x",
        "self._own",
        "import moto\nfound = moto.backend()\nfound._items",
        "from sfn_callback import __version__",
        "row._asdict()",
    ],
)
def test_ones_own_and_a_foreign_librarys_names_are_left_alone(source: str) -> None:
    assert not [*reached(source)]


def test_only_tests_import_from_tests() -> None:
    texts = {path: path.read_text() for path in FILES if path.relative_to(ROOT).parts[0] != "tests"}
    assert [str(path) for path, text in texts.items() if re.search(r"^\s*(from|import) tests\b", text, re.M)] == []


def test_unit_tests_are_called_as_the_modules_that_they_test() -> None:
    units, package = ROOT / "tests" / "unit", ROOT / "lambda_src" / "sfn_callback"
    folders = {path.parent.name for path in package.glob("*/__init__.py")} - {"handlers"}
    tests = {path.relative_to(units) for folder in folders for path in (units / folder).glob("test_*.py")}
    modules = {path.relative_to(package) for path in package.glob("*/*.py")}
    assert len(tests) > 20
    assert {test.with_name(test.name.removeprefix("test_")) for test in tests} <= modules
