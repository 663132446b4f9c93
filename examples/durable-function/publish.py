"""A durable function that waits for the chunks of a document, asks a person, and returns both."""

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution

from sfn_callback.durable import ask, wait_for_chunks


def publish(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Take the ``detail`` of S3's event; whoever invokes it by hand gives what is used of that."""
    bucket, dropped = event["bucket"]["name"], event["object"]
    document = wait_for_chunks(context, bucket, dropped["key"], version=dropped.get("version-id"))
    decision = ask(
        context,
        f"Publish {dropped['key']}?",
        details=f"{document['chunks']} chunks, {document['failed']} of them missing.",
    )
    return {"document": document, "decision": decision}


handler = durable_execution(publish)
