"""Asks AWS, ten times a second at most, and ends with a table and an exit code of 1 where a state goes elsewhere."""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from sfn_callback_operator.rate_limit import Pace
from tests.states.cases import Case, every
from tools.screen import bar, console

PER_SECOND = 10
REFUSALS = ("InvalidArn", "InvalidDefinition", "InvalidExecutionInput", "ValidationException")
"""What TestState says of a definition or a request; anything else is of the account or the network."""
PRICE = "https://aws.amazon.com/blogs/aws/accelerate-workflow-development-with-enhanced-local-testing-in-aws-step-functions/"


def main() -> int:
    """Ask about every state with the shell's credentials; return 0 when all go where their definitions say."""
    try:
        session = boto3.Session()
        if not session.get_credentials() or not session.region_name:
            print("make test-states asks AWS: set credentials and a region, such as AWS_PROFILE.", file=sys.stderr)
            return 1
        patient = Config(retries={"mode": "standard", "total_max_attempts": 10})
        return run(session.client("stepfunctions", config=patient), every(), Pace(1, PER_SECOND))
    except (BotoCoreError, ClientError) as error:
        print(f"AWS was not asked to the end: {error} The credentials need states:TestState.", file=sys.stderr)
        return 1


def run(client: Any, cases: Iterable[Case], pace: Pace) -> int:
    """Ask all of it; say before how much that is; return 0 when nothing goes elsewhere.

    Raises:
        ClientError: the account may not ask.
        BotoCoreError: AWS is out of reach.
    """
    todo = list(cases)
    calls = sum(1 + bool(case.follows()) for case in todo)
    console.print(
        f"{calls} calls of TestState at {client.meta.endpoint_url}, {PER_SECOND} a second at most. They cost nothing "
        f"({PRICE}), and nothing is made, called or assumed.",
        highlight=False,
        soft_wrap=True,
    )
    asked: Counter[tuple[str, str]] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    with bar() as shown:
        for case, elsewhere in shown.track(_asked(client, todo, pace), total=calls, description="States"):
            asked[case.machine, case.state] += 1
            wrong[case.machine, case.state] += bool(elsewhere)
            if elsewhere:
                console.print(f"{case.machine}, {case.state}: {case.what}: {elsewhere}", markup=False, soft_wrap=True)
    console.print(_table(asked, wrong))
    return 1 if wrong.total() or not asked else 0


def _asked(client: Any, todo: list[Case], pace: Pace) -> Iterable[tuple[Case, str]]:
    for case in todo:
        answer = _answer(client, case, pace)
        yield case, _elsewhere(case, answer)
        if case.follows():
            after = case.following(json.loads(answer.get("output") or "{}"))
            yield after, _elsewhere(after, _answer(client, after, pace))


def _answer(client: Any, case: Case, pace: Pace) -> dict[str, Any]:
    pace.wait()
    try:
        answer = client.test_state(**case.request())
    except ClientError as error:
        refused = error.response["Error"]
        if refused["Code"] not in REFUSALS:
            raise
        return {"status": refused["Code"], "cause": refused["Message"]}
    return {**answer, **answer.get("inspectionData", {}).get("errorDetails", {})}


def _elsewhere(case: Case, answer: dict[str, Any]) -> str:
    """Return in which fields the answer is another than the definition says; empty when in none."""
    told = {name: answer.get(name) for name, value in case.expected.items() if not _same(answer.get(name), value)}
    if not told:
        return ""
    wanted = {name: case.expected[name] for name in told}
    return f"{_short(told)} and not {_short(wanted)}{_short(answer['cause']) if answer['status'] in REFUSALS else ''}"


def _same(told: object, wanted: object) -> bool:
    """Whether both are the same, or JSON of the same: the order of an object's fields is nobody's promise."""
    try:
        return told == wanted or bool(json.loads(str(told)) == json.loads(str(wanted)))
    except ValueError:
        return False


def _short(value: object) -> str:
    return text if len(text := json.dumps(value)) <= 300 else f"{text[:300]} …"


def _table(asked: Counter[tuple[str, str]], wrong: Counter[tuple[str, str]]) -> Table:
    table = Table("machine", "state", "calls", "elsewhere", title="What became of every state")
    for (machine, state), calls in asked.items():
        found = wrong[machine, state]
        table.add_row(machine, state, str(calls), f"[red]{found}" if found else "–")
    table.add_section()
    table.add_row("all", "", str(asked.total()), str(wrong.total()))
    return table


if __name__ == "__main__":
    sys.exit(main())
