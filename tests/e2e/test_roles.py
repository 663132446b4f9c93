"""Every permission of every function is needed: taken away one at a time, the function's smallest run fails.

A grant without a scenario fails these tests, and so does a scenario that passes without its grant. The grants of
``UNSEEN`` AWS asks for, and the local AWS does not; that it does not is tested as well, so that the others' test takes
them over as soon as it can. Of a machine's role it asks nothing: tests/module/test_roles.py has what AWS asks it for.
"""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Stack
from tests.e2e.support import scenarios_documents as documents
from tests.e2e.support.grants import TABLE, UNSEEN, Scenario
from tests.e2e.support.standins import StandIn
from tests.e2e.support.workbench import Missing, Workbench
from tests.e2e.support.workers import DONE, WORKERS

OF_DURABLE_FUNCTIONS = "AnswerDurableFunctions "
"""How grants begin that tests/e2e/test_durable_grants.py takes away."""


def rows(*, seen: bool) -> list[object]:
    return [
        pytest.param(handler, scenario, grants, id=f"{handler}-{scenario.__name__}")
        for handler, scenarios in TABLE.items()
        for scenario, granted in scenarios.items()
        if (grants := [grant for grant in granted if (grant.split()[0] not in UNSEEN) == seen])
    ]


@pytest.fixture(scope="module")
def bench(stack: Stack) -> Iterator[Workbench]:
    made = Workbench(stack.local)
    yield made
    made.close()


@pytest.fixture(scope="module")
def stand_ins(stack: Stack, bench: Workbench) -> Iterator[dict[str, StandIn]]:
    """A stand-in for each handler of the stack."""
    made: dict[str, StandIn] = {}
    for name in ("strict", "direct", "queue", "topic", "approval", "operated"):
        instance = stack.instances[name]
        for handler in set(instance.outputs["function_names"]) - set(made):
            made[handler] = StandIn(bench, instance, handler)
    yield made
    for stand_in in made.values():
        stand_in.delete()


@pytest.mark.parametrize(("handler", "scenario", "grants"), rows(seen=True))
def test_a_function_needs_each_of_its_grants(
    stand_ins: dict[str, StandIn], handler: str, scenario: Scenario, grants: list[str]
) -> None:
    on = stand_ins[handler]
    for grant in grants:
        with on.without(grant), pytest.raises(Missing):
            scenario(on)
            pytest.fail(f"it needs no {grant}")
    scenario(on)


@pytest.mark.parametrize(("handler", "scenario", "grants"), rows(seen=False))
def test_the_local_aws_does_not_ask_for_what_only_aws_asks_for(
    stand_ins: dict[str, StandIn], handler: str, scenario: Scenario, grants: list[str]
) -> None:
    on = stand_ins[handler]
    for grant in grants:
        with on.without(grant):
            scenario(on)


@pytest.mark.parametrize("handler", TABLE)
def test_every_grant_of_a_function_has_a_scenario(stand_ins: dict[str, StandIn], handler: str) -> None:
    granted = {grant for grant in stand_ins[handler].grants if not grant.startswith(OF_DURABLE_FUNCTIONS)}
    assert granted == {grant for grants in TABLE[handler].values() for grant in grants}


def test_every_function_has_scenarios(stand_ins: dict[str, StandIn]) -> None:
    assert set(stand_ins) == set(TABLE)


@pytest.mark.parametrize("workflow", WORKERS)
def test_the_local_aws_asks_a_machine_for_nothing(stack: Stack, bench: Workbench, workflow: str) -> None:
    assert bench.status_without_permissions(stack.instances[workflow].machine, DONE) == "SUCCEEDED"


@pytest.fixture
def encrypted(stack: Stack, bench: Workbench) -> Iterator[None]:
    """The bench's bucket, encrypted with a key that nobody may use."""
    keys = stack.local.client("kms")
    key = keys.create_key()["KeyMetadata"]["Arn"]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    configuration = {"Rules": [rule]}
    bench.s3.put_bucket_encryption(Bucket=bench.name, ServerSideEncryptionConfiguration=configuration)
    yield
    bench.s3.delete_bucket_encryption(Bucket=bench.name)
    keys.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


@pytest.mark.usefixtures("encrypted")
def test_the_local_aws_asks_nobody_for_a_key(stand_ins: dict[str, StandIn]) -> None:
    documents.merges(stand_ins["merge"])
