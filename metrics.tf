# What the functions' log lines tell, as metrics, and a picture of them.
#
# By metric filters and not in the embedded metric format: a custom metric costs the same either way ($0.30 a month while there
# is something to count), a filter costs nothing, and the format would put some 200 bytes into each line, at $0.50 a GB: $0.10
# for a million chunks. https://aws.amazon.com/cloudwatch/pricing/
#
# A metric is one row. None has a default value, so that it costs something only while there is something to count.
#
#   handlers   whose lines are looked at
#   events     the lines that count: docs/log-events.md
#   value      what is added for each: a number, or a field of the line

locals {
  metrics_namespace = "SfnCallback/${var.name}"

  all_metrics = merge(
    {
      DocumentsNotStarted  = { handlers = ["start"], events = ["document_not_started"], value = "1" }
      ChunksDone           = { handlers = ["process", "report"], events = ["chunk_done"], value = "1" }
      ChunksFailed         = { handlers = ["process", "chunk_failed", "report"], events = ["chunk_failed"], value = "1" }
      AttemptsFailed       = { handlers = ["process"], events = ["attempt_failed"], value = "1" }
      Duplicates           = { handlers = ["start", "process"], events = ["execution_exists", "chunk_done_before"], value = "1" }
      Rounds               = { handlers = ["redrive"], events = ["round_started"], value = "1" }
      ChunksRedriven       = { handlers = ["redrive"], events = ["round_started"], value = "$.chunks" }
      SecondsWaited        = { handlers = ["merge"], events = ["merge_done"], value = "$.waited" }
      VerdictsNotDelivered = { handlers = keys(local.resumers), events = ["verdict_not_delivered", "decision_not_delivered"], value = "1" }
    },
    !local.has_pending ? {} : {
      ChunksPending   = { handlers = ["process"], events = ["chunk_pending"], value = "1" }
      ReportsNotTaken = { handlers = ["report"], events = ["report_not_taken"], value = "1" }
    },
    length(local.swept) == 0 ? {} : {
      VerdictsSentAgain = { handlers = ["sweep"], events = ["verdict_sent_again"], value = "1" }
      ChunksNeverCome   = { handlers = ["sweep"], events = ["chunks_sent_again"], value = "$.missing" }
      OrphansClosed     = { handlers = ["sweep"], events = ["wait_closed"], value = "1" }
    },
    !contains(local.swept, "documents") ? {} : {
      OldestOpenJobSeconds = { handlers = ["sweep"], events = ["sweep_done"], value = "$.oldest_seconds" }
    },
  )
  # What an alarm looks at is counted for it.
  watched_by = {
    DocumentsNotStarted = "not-started", Rounds = "overdue", VerdictsNotDelivered = "verdicts", OldestOpenJobSeconds = "oldest-open-job"
  }
  counted = {
    for metric, row in local.all_metrics :
    metric => row if local.counts_metrics || contains(keys(local.alarms), lookup(local.watched_by, metric, ""))
  }
  # Of what is no number of things.
  statistics = { SecondsWaited = "p90", OldestOpenJobSeconds = "Maximum" }

  filters = merge([for metric, row in local.counted : {
    for handler in row.handlers : "${metric}-${replace(handler, "_", "-")}" => merge(row, { metric = metric, handler = handler })
    if contains(keys(local.functions), handler)
  }]...)
}

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#matching-terms-json-log-events
resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each = local.filters

  name           = each.key
  log_group_name = local.log_group_names[each.value.handler]
  pattern        = "{ ${join(" || ", [for event in each.value.events : "($.event = \"${event}\")"])} }"

  metric_transformation {
    namespace = local.metrics_namespace
    name      = each.value.metric
    value     = each.value.value
  }

  depends_on = [aws_cloudwatch_log_group.functions]
}

locals {
  # A row of the dashboard is one row here: what it shows, and of what.
  pictures = [for picture in [
    { title = "Executions", metrics = flatten([for workflow in keys(local.machines) : [
      for metric in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut"] :
      { of = ["AWS/States", metric, "StateMachineArn", local.machine_arns[workflow]], label = "${workflow} ${metric}", statistic = "Sum" }
    ]]) },
    { title = "How long executions take", metrics = [for workflow in keys(local.machines) :
      { of = ["AWS/States", "ExecutionTime", "StateMachineArn", local.machine_arns[workflow]], label = workflow, statistic = "p90" }
    ] },
    { title = "Functions that run", metrics = [for function in local.functions :
      { of = ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", function.name], label = function.name, statistic = "Maximum" }
    ] },
    { title = "Functions that fail, or wait for their turn", metrics = flatten([for function in local.functions : [
      for metric in ["Errors", "Throttles"] :
      { of = ["AWS/Lambda", metric, "FunctionName", function.name], label = "${function.name} ${metric}", statistic = "Sum" }
    ]]) },
    { title = "Chunks, rounds and verdicts", metrics = [for metric in keys(local.counted) :
      { of = [local.metrics_namespace, metric], label = metric, statistic = lookup(local.statistics, metric, "Sum") }
    ] },
    { title = "Messages that wait", metrics = [for queue in keys(local.queues) :
      {
        of    = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", local.queue_names[queue]]
        label = queue, statistic = "Maximum"
      }
    ] },
  ] : picture if length(picture.metrics) > 0]
}

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
resource "aws_cloudwatch_dashboard" "this" {
  count = local.has_dashboard && length(local.machines) > 0 ? 1 : 0

  # Dashboards are global, so the region keeps two instances of one name apart.
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html
  dashboard_name = "${var.name}-${local.region}"
  dashboard_body = jsonencode({
    widgets = [for number, picture in local.pictures : {
      type   = "metric"
      x      = 12 * (number % 2)
      y      = 6 * floor(number / 2)
      width  = 12
      height = 6
      properties = {
        title   = picture.title
        region  = local.region
        view    = "timeSeries"
        metrics = [for metric in picture.metrics : concat(metric.of, [{ label = metric.label, stat = metric.statistic }])]
      }
    }]
  })
}
