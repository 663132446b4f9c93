// The same worker in Node: it reports by HTTP, for which the token is enough. Needs CHUNKS_QUEUE_URL and REPORTS_URL.

import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ChangeMessageVisibilityCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const { CHUNKS_QUEUE_URL: QueueUrl, REPORTS_URL, BEAT_SECONDS = "60", HIDDEN_SECONDS = "180" } = process.env;
const sqs = new SQSClient();
const s3 = new S3Client();

const report = async (said) => {
  const sent = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(said) };
  const { status } = await fetch(REPORTS_URL, sent);
  // 409 and 410: it is done already, or nobody waits for it any more.
  if (status !== 200 && status !== 409 && status !== 410) throw new Error(`the report was answered by ${status}`);
};

const counted = (bytes) => {
  const counts = new Map();
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    for (const word of text.split(/\s+/).filter(Boolean)) counts.set(word, (counts.get(word) ?? 0) + 1);
  } catch (error) {
    return { error: "NotText", cause: error.message };
  }
  return { result: JSON.stringify(Object.fromEntries(counts)), content_type: "application/json" };
};

for (;;) {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  for (const { Body, ReceiptHandle } of Messages) {
    const { token, bucket, key } = JSON.parse(Body);
    console.log("at work on", key); // and never the token: it is a secret
    const hidden = new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: Number(HIDDEN_SECONDS) });
    const beat = setInterval(
      () => Promise.all([report({ token, heartbeat: true }), sqs.send(hidden)]).catch(console.error),
      BEAT_SECONDS * 1000,
    );
    try {
      const { Body: bytes } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      await report({ token, ...counted(await bytes.transformToByteArray()) });
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    } catch (error) {
      console.error(error.message); // the message is received again
    } finally {
      clearInterval(beat);
    }
  }
}
