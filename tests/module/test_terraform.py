"""``terraform test``: what plans have."""

from tests.module import refusals, value_kinds
from tests.module.conftest import Said
from tests.readme import ROOT

# What other tests ask about.
OTHERS = (refusals.PREFIX, value_kinds.PREFIX)


def test_terraform_test_passes(said: Said) -> None:
    own = {name: status for name, status in said.files.items() if not name.startswith(OTHERS)}
    assert {name: said.of(name) for name, status in own.items() if status != "pass"} == {}
    # The others pass where their plans are read.
    committed = {path.name.partition(".")[0] for path in (ROOT / "tests").glob("*.tftest.hcl")}
    assert set(own) == {*committed, "examples"} - {"everything", "nothing"}
