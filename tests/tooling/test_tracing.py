"""A state machine of the local AWS tells whether it is traced, so that a second plan leaves it alone."""

from tests.tooling.machines import Machines

STATES = {"Done": {"Type": "Succeed"}}


def test_a_machine_tells_whether_it_is_traced(machines: Machines) -> None:
    plain, traced = machines.made(STATES), machines.made(STATES)
    machines.client.update_state_machine(stateMachineArn=traced, tracingConfiguration={"enabled": True})
    machines.client.update_state_machine(stateMachineArn=traced, roleArn=machines.role)
    told = [machines.client.describe_state_machine(stateMachineArn=arn) for arn in (plain, traced)]
    assert [one["tracingConfiguration"] for one in told] == [{"enabled": False}, {"enabled": True}]
