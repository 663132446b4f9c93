# An alarm is one row: something that needs a person, and nothing that a job needs. There are none without var.alarms, because
# one that tells nobody is worth nothing, and security checks object to it:
# https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html#cloudwatch-15
#
#   namespace, metric, dimensions, statistic   what is looked at
#   minutes, times                             how long one look is, and how many in a row must see any of it
#   missing                                    what a look without data means
#   threshold                                  how much of it is nothing yet
#   says                                       what has happened, and where to look
#   runbook                                    the section of docs/runbook.md that says what to do

locals {
  at_once = { minutes = 1, times = 1, missing = "notBreaching", threshold = 0 }
  lasting = { minutes = 5, times = 3, missing = "notBreaching", threshold = 0 }
  # One sweep may come a little late.
  in_sweeps = { minutes = try(local.sweep[0].minutes, 1), times = 2, missing = "notBreaching", threshold = 0 }
  a_metric  = { namespace = local.metrics_namespace, dimensions = {}, statistic = "Sum" }

  all_alarms = merge(
    # CloudWatch looks away from a queue that nobody touches, full or not, after six hours: what was seen last holds.
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
    !contains(keys(local.queues), "undelivered") ? {} : { undelivered = merge(local.at_once, {
      namespace  = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible"
      dimensions = { QueueName = local.queue_names.undelivered }, statistic = "Maximum", missing = "ignore"
      says       = "Events that no function could handle are in the queue ${local.queue_names.undelivered}: read and delete them."
      runbook    = "Something could not be handled at all"
    }) },
    # A dead letter is consumed at once, and fails the state that waits for it: what stays there is not.
    { for queue, row in local.consumed : "${replace(queue, "_", "-")}" => merge(local.lasting, {
      namespace  = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible"
      dimensions = { QueueName = local.queue_names[queue] }, statistic = "Minimum"
      says = join(" ", [
        "Dead letters stay in the queue ${local.queue_names[queue]}, and their executions wait:",
        "see the errors of ${local.function_names[row.handler]}.",
      ])
      runbook = "Something could not be handled at all"
    }) if endswith(queue, "_dead") },
    # `starts` is named as its queue: documents wait there, and none starts. `not-started`: the function has tried, and failed.
    # Nobody waits for a document's start, so nobody would miss it. A burst of 100,000 is through sooner.
    !contains(keys(local.queues), "starts") ? {} : { starts = merge(local.at_once, {
      namespace  = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage"
      dimensions = { QueueName = local.queue_names.starts }, statistic = "Maximum", threshold = 3600
      says = join(" ", [
        "Documents do not start: one has been in the queue ${local.queue_names.starts} for more than an hour:",
        "see whether ${local.function_names.start} reads the queue (sfn-callback doctor).",
      ])
      runbook = "Documents wait, and none starts"
    }) },
    # What was received three times is no longer in that age, whatever becomes of it.
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    !contains(keys(local.functions), "start") ? {} : { not-started = merge(local.lasting, local.a_metric, {
      metric = "DocumentsNotStarted"
      says = join(" ", [
        "Documents have not been started for 15 minutes:",
        "see the errors in the log of ${local.function_names.start}.",
      ])
      runbook = "Documents wait, and none starts"
    }) },
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#invocation-metrics
    { for handler, function in local.functions : "${replace(handler, "_", "-")}-destination" => merge(local.at_once, {
      namespace = "AWS/Lambda", metric = "DestinationDeliveryFailures", dimensions = { FunctionName = function.name }, statistic = "Sum"
      says = join(" ", [
        "Lambda could not deliver an event that ${function.name} failed to handle, and the event is lost:",
        "check the role of the function, and that the destination exists.",
      ])
      runbook = "An event is lost"
    }) if function.on_failure != null },
    # The attempts of one event are over sooner: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    { for handler, function in local.functions : "${replace(handler, "_", "-")}-errors" => merge(local.lasting, {
      namespace = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = function.name }, statistic = "Sum"
      says      = "${function.name} has failed for 15 minutes: see its log."
      runbook   = "A function fails"
      }, [for sweep in local.sweep : merge(local.in_sweeps, {
        says = "${function.name} has failed in two sweeps one after the other: see its log."
    }) if handler == "sweep"]...) },
    # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html#cloudwatch-step-functions-execution-metrics
    { for alarm in setproduct(keys(local.machines), keys(local.execution_ends)) : join("-", alarm) => merge(local.at_once, {
      namespace  = "AWS/States"
      metric     = local.execution_ends[alarm[1]].metric
      dimensions = { StateMachineArn = local.machine_arns[alarm[0]] }, statistic = "Sum"
      says       = "The machine ${local.machine_names[alarm[0]]}: ${local.execution_ends[alarm[1]].says}"
      runbook    = "Executions fail, or wait"
    }) },
    # Every wait ends with its round, so this is how old an open job can get without anybody noticing.
    !contains(keys(local.functions), "redrive") ? {} : { overdue = merge(local.at_once, local.a_metric, {
      metric = "Rounds"
      says = join(" ", [
        "A job of ${local.machine_names.documents} has waited for longer than a round (${var.wait.round_seconds} seconds),",
        "and chunks without a result were sent again: see the log of ${local.function_names.redrive} for which.",
      ])
      runbook = "A job is stuck"
    }) },
    # Of the executions themselves, whatever they do.
    { for sweep in local.sweep : "oldest-open-job" => merge(local.in_sweeps, local.a_metric, {
      metric = "OldestOpenJobSeconds", statistic = "Maximum", missing = "missing", threshold = sweep.oldest_seconds
      says = join(" ", [
        "A job of ${local.machine_names.documents} has been open for more than ${sweep.oldest_seconds} seconds:",
        "see sfn-callback jobs, which lists the oldest first.",
      ])
      runbook = "The alarm `oldest-open-job`"
    }) if contains(local.swept, "documents") },
    length(local.resumers) == 0 ? {} : { verdicts = merge(local.at_once, local.a_metric, {
      metric  = "VerdictsNotDelivered"
      says    = "Step Functions did not accept a verdict: see the errors in the logs of ${join(", ", values(local.resumers)[*].name)}."
      runbook = "A verdict is not delivered"
    }) },
  )
  alarms = { for alarm, row in local.all_alarms : alarm => row if local.has_alarms && !contains(local.left_out_alarms, alarm) }

  execution_ends = {
    failed = {
      metric = "ExecutionsFailed"
      says   = "an execution has failed. Its error says why; for documents, so does its report under failures/."
    }
    timed-out = { metric = "ExecutionsTimedOut", says = "an execution has reached its time limit and took no branch." }
    throttled = { metric = "ExecutionThrottled", says = "Step Functions throttles its executions: they enter too many states at once." }
  }

  # Whose verdicts another attempt, a round or a person sends again. A worker's own fails its invocation.
  resumers = {
    for handler, function in local.functions : handler => function
    if contains(function.may, "resume") && length(setintersection(function.workflows, ["documents", "approval"])) > 0
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = "${each.value.says} Runbook: docs/runbook.md, '${each.value.runbook}'."

  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 60 * each.value.minutes
  evaluation_periods  = each.value.times
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing
  alarm_actions       = [var.alarms.topic_arn]
  ok_actions          = [var.alarms.topic_arn]

  tags = var.tags
}
