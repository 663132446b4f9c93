"""A worker outside Lambda: needs boto3, QUEUE_URL, and what the output `worker_policy` allows.

In another language it is the same: receive, work, answer the token, delete.
"""

import json
import os

import boto3

queue, machines = boto3.client("sqs"), boto3.client("stepfunctions")
url = os.environ["QUEUE_URL"]
for message in queue.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", []):
    body = json.loads(message["Body"])
    machines.send_task_success(taskToken=body["token"], output=json.dumps({"got": body["task"]}))
    queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
