#!/usr/bin/env bash
# Guessed: a Task that starts an execution by a name that is taken is refused in MiniStack, as StartExecution itself is.
# True: the state succeeds, and the execution of that name is another one from then on: the first one's input is gone.
# Names are what keeps a retry from doing a thing twice. Whoever tests that on MiniStack sees it pass, and AWS refuses the name.
set -euo pipefail
folder=$(mktemp -d)
server=""
trap '[ -z "$server" ] || kill "$server"; wait 2>/dev/null; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check ministack==1.5.33 boto3==1.43.106
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(cd "$folder" && exec env GATEWAY_PORT="$port" HOME="$folder" "$folder/venv/bin/python" -m ministack >"$folder/log" 2>&1) &
server=$!
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
PORT="$port" AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 "$folder/venv/bin/python" - <<'PY'
import json
import os
import time
from importlib.metadata import version

import boto3
from botocore.config import Config

states = boto3.client(
    "stepfunctions",
    endpoint_url=f"http://127.0.0.1:{os.environ['PORT']}",
    config=Config(retries={"mode": "standard", "total_max_attempts": 10}),
)
ROLE = "arn:aws:iam::000000000000:role/machine"


def made(name: str, state: dict) -> str:
    machine = {"StartAt": "Only", "States": {"Only": {**state, "End": True}}}
    for _ in range(60):
        try:
            return states.create_state_machine(name=name, definition=json.dumps(machine), roleArn=ROLE)["stateMachineArn"]
        except Exception:
            time.sleep(1)
    raise SystemExit("the server does not come up")


def ended(execution: str) -> dict:
    while (seen := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.2)
    return seen


child = made("child", {"Type": "Pass"})
parent = made(
    "parent",
    {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child, "Name": "once", "Input.$": "$"},
    },
)
ends = [
    ended(states.start_execution(stateMachineArn=parent, input=json.dumps({"attempt": number}))["executionArn"])["status"]
    for number in (1, 2)
]
listed = states.list_executions(stateMachineArn=child)["executions"]
left = json.loads(states.describe_execution(executionArn=listed[0]["executionArn"])["input"])
print("ministack", version("ministack"))
print("parents ended:", *ends, "| children:", len(listed), "| input of the one named once:", left)
assert ends == ["SUCCEEDED", "SUCCEEDED"] and len(listed) == 1 and left["attempt"] == 2, "it behaves otherwise now"
PY
