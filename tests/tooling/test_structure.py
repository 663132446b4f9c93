"""How the checkout holds together: tests are where their modules are, and nobody else imports from them.

What begins with ``_`` is its module's own: ruff (SLF001, PLC2701) sees who reaches it, but for what is said in a text.
"""

import re
from pathlib import Path

from tests.readme import ROOT

OURS = ("benchmarks", "demo", "emulator", "lambda_src", "operator_src", "proof", "testing", "tests", "tools")
FILES = [path for folder in OURS for path in sorted((ROOT / folder).rglob("*.py"))]
# `provider`, `body` and `stepfunctions` hold what is botocore's, or MiniStack's.
PRIVATE_IN_TEXT = re.compile(
    r"""attr\((?!provider|body|self|stepfunctions)[\w.]+, ["']_[a-z]|["'](?:sfn_callback|emulator|tools)[\w.]*\._"""
    r"""|sfn_callback.*; \w+\._"""
)


def test_nobody_reaches_what_is_private_elsewhere_by_a_text() -> None:
    others = (path for path in FILES if path.name != Path(__file__).name)
    assert [str(path) for path in others if PRIVATE_IN_TEXT.search(path.read_text())] == []


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
