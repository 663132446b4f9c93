from proof.chaos.fault_plan import Plan
from proof.chaos.run import Report

INJECTED = {"function processes killed": 3, "events delivered again": 40}


def test_a_run_that_did_not_apply_a_kind_of_force_has_missed_it() -> None:
    assert Report(INJECTED, {"events": 40}, {}).missed == []
    assert Report({**INJECTED, "function processes killed": 0}, {"events": 40}, {}).missed == [
        "function processes killed"
    ]


def test_a_run_that_did_not_deliver_each_event_twice_has_missed_that() -> None:
    assert Report(INJECTED, {"events": 41}, {}).missed == ["events twice"]


def test_force_hits_only_the_functions_of_its_instance() -> None:
    plan = Plan("force")
    assert plan.hits("force-process")
    assert [name for name in ("forced-process", "strict-process", "force", None) if plan.hits(name)] == []
    assert not Plan().hits("-process")
