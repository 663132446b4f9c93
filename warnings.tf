# Settings that apply cleanly and may be meant, but mostly are not: they are warned of, not refused.

locals {
  # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: after one minute, then after two.
  three_attempts = { for handler in ["process", "topic_worker"] : handler => 3 * local.timeouts[handler] + 180 }
  # messaging.tf: each receipt hides the message for six timeouts.
  all_receipts = { queue_worker = 6 * local.receipts * local.timeouts["queue_worker"] }

  # A worker sends three heartbeats in the time after which one is missed, and they are for all machines of the account; in
  # most regions 300 a second: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
  heartbeats_a_second = var.task.heartbeat_seconds == null ? 0 : 3 * var.task.maximum_concurrency / var.task.heartbeat_seconds

  # Milliseconds of a processor that a chunk takes, as in benchmarks/simulation/quotas.py; a function has a whole one with 1,769 MB:
  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html. Python makes no use of more.
  cpu_ms_a_chunk = { split = 1.7, redrive = 2.25, merge = 1.6 }
  reached = { for handler, ms in local.cpu_ms_a_chunk : "chunks_of_${handler}" => floor(
    1000 * local.timeouts[handler] * min(1, coalesce(lookup(var.memory_mb, handler, null), local.handlers[handler].memory) / 1769) / ms
  ) }

  # These figures are no secrets, even where inputs come from a parameter.
  figures = merge(local.three_attempts, local.all_receipts, local.reached, {
    heartbeats = ceil(local.heartbeats_a_second), max_chunks = var.max_chunks
  })
  shown = { for what, figure in local.figures : what => try(nonsensitive(figure), figure) }
}

check "the_bucket_tells_eventbridge" {
  assert {
    condition = alltrue([for bucket in data.aws_cloudcontrolapi_resource.bucket : try(
      tobool(jsondecode(bucket.properties).NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled), false
    )])
    error_message = join(" ", [
      "The bucket ${try(nonsensitive(local.bucket_name), local.bucket_name)} does not send its events to EventBridge,",
      "so nothing would start. Set `eventbridge = true` in its aws_s3_bucket_notification.",
    ])
  }
}

check "the_package_has_the_workload" {
  assert {
    condition = (
      length(setsubtract(local.wanted, ["approval"])) == 0 || startswith(var.workload, "sfn_callback.") ||
      var.package.path != null || var.package.key != null || length(var.layers) > 0 ||
      length(var.packages) + length(var.images) > 0
    )
    error_message = join(" ", [
      "The workload is ${try(nonsensitive(var.workload), var.workload)}, which is not in the zip that comes with this module,",
      "and there are no layers: the functions would not find it. Build a zip that has it beside sfn_callback, and set package to it.",
    ])
  }
}

check "a_round_outlasts_three_attempts" {
  assert {
    condition = !contains(local.wanted, "documents") || var.wait.round_seconds > local.three_attempts["process"]
    error_message = join(" ", [
      "The round_seconds of wait are no more than ${local.shown.process}, which three attempts of process can take:",
      "a chunk that always fails may be processed in each round without ever being reported.",
      "Raise them, or lower the timeout_seconds of process.",
    ])
  }
}

check "functions_reach_max_chunks" {
  assert {
    condition = !contains(local.wanted, "documents") || alltrue([for chunks in values(local.reached) : chunks >= var.max_chunks])
    error_message = join(" ", [
      "A document may have ${local.shown.max_chunks} chunks (max_chunks), but",
      join(", ", [
        for handler in ["split", "redrive", "merge"] : "${handler} reaches ${local.shown["chunks_of_${handler}"]}"
        if local.shown["chunks_of_${handler}"] < local.shown.max_chunks
      ]),
      "of them within its timeout_seconds and memory_mb: a larger document may fail when most of its costs have been paid.",
      "Raise them (1769 MB are a whole processor), or lower max_chunks and have larger documents cut into parts (parts).",
    ])
  }
}

check "a_task_outlasts_three_attempts" {
  assert {
    condition = !contains(local.wanted, "topic") || var.task.timeout_seconds > local.three_attempts["topic_worker"]
    error_message = join(" ", [
      "The timeout_seconds of a task are no more than ${local.shown.topic_worker}, which three attempts of topic_worker can take:",
      "a task whose worker crashes may time out before the machine hears why.",
      "Raise them, or lower the timeout_seconds of topic_worker.",
    ])
  }
}

check "a_task_outlasts_all_receipts" {
  assert {
    condition = !contains(local.wanted, "queue") || var.task.timeout_seconds > local.all_receipts["queue_worker"]
    error_message = join(" ", [
      "The timeout_seconds of a task are no more than ${local.shown.queue_worker}, which ${local.receipts} receipts of its message can",
      "take: a task whose worker crashes may time out before its message is a dead letter.",
      "Raise them, or lower the timeout_seconds of queue_worker.",
    ])
  }
}

check "heartbeats_fit_into_the_accounts_quota" {
  assert {
    condition = !contains(local.wanted, "queue") || local.heartbeats_a_second <= 300
    error_message = join(" ", [
      "The queue's workers may send ${local.shown.heartbeats} heartbeats a second,",
      "and Step Functions takes 300 from an account in most regions: tasks that are being worked on may time out.",
      "Raise the heartbeat_seconds of a task, or lower its maximum_concurrency.",
    ])
  }
}

check "pending_chunks_are_waited_for" {
  assert {
    condition = alltrue([for pending in var.pending[*] : pending.longest_seconds <= var.wait.round_seconds * var.wait.max_rounds])
    error_message = join(" ", [
      "The longest_seconds of pending are more than all rounds of wait take: a job may end before such a chunk is reported.",
      "Raise round_seconds or max_rounds, and job_seconds with them.",
    ])
  }

  assert {
    condition = alltrue([for pending in var.pending[*] : pending.heartbeat_seconds < var.wait.round_seconds])
    error_message = join(" ", [
      "The heartbeat_seconds of pending are no less than the round_seconds of wait: a chunk whose worker died is still taken for",
      "pending in the next round, and handed on again only in the one after. Lower the heartbeat_seconds.",
    ])
  }
}
