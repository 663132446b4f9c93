# Settings that apply cleanly and may be meant, but mostly are not: they are warned of, not refused.

locals {
  # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: after one minute, then after two.
  three_attempts = { for handler, seconds in local.timeouts : handler => 3 * seconds + 180 }
  # messaging.tf: each of three receipts hides the message for six timeouts.
  three_receipts = { for handler, seconds in local.timeouts : handler => 18 * seconds }
}

check "a_round_outlasts_three_attempts" {
  assert {
    condition     = !contains(local.wanted, "documents") || var.wait.round_seconds > local.three_attempts["process"]
    error_message = "The round_seconds of wait are no more than ${local.three_attempts["process"]}, which three attempts of process can take: a chunk that always fails may be processed in each round, and never be reported. Raise them, or lower the timeout_seconds of process."
  }
}

check "a_task_outlasts_three_attempts" {
  assert {
    condition     = !contains(local.wanted, "topic") || var.task.timeout_seconds > local.three_attempts["topic_worker"]
    error_message = "The timeout_seconds of a task are no more than ${local.three_attempts["topic_worker"]}, which three attempts of topic_worker can take: a task whose worker crashes may time out before the machine hears why. Raise them, or lower the timeout_seconds of topic_worker."
  }
}

check "a_task_outlasts_three_receipts" {
  assert {
    condition     = !contains(local.wanted, "queue") || var.task.timeout_seconds > local.three_receipts["queue_worker"]
    error_message = "The timeout_seconds of a task are no more than ${local.three_receipts["queue_worker"]}, which three receipts of its message can take: a task whose worker crashes may time out before its message is a dead letter. Raise them, or lower the timeout_seconds of queue_worker."
  }
}
