# The sweeper's schedule, and what it tells. What it does is in lambda_src/sfn_callback/sweeper.py.

locals {
  swept = [for workflow in local.wanted : workflow if contains(local.handlers.sweep.workflows, workflow)]

  sweep = length(local.swept) == 0 ? [] : [{
    minutes = var.sweep.minutes
    # Three attempts, with Lambda's pauses of one and two minutes, and a minute more:
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    quiet_seconds  = coalesce(var.sweep.quiet_seconds, 3 * local.timeouts["process"] + 240)
    oldest_seconds = coalesce(var.sweep.oldest_seconds, floor(var.wait.job_seconds / 2))
  }]
}

# A rule and not a schedule of EventBridge Scheduler: it invokes a function by the function's own policy, where Scheduler needs
# one more role. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html#setting-up-execution-role
resource "aws_cloudwatch_event_rule" "sweep" {
  count = length(local.sweep)

  name                = "${var.name}-sweep"
  description         = "Sweeps the ledger of ${var.name}."
  schedule_expression = local.sweep[0].minutes == 1 ? "rate(1 minute)" : "rate(${local.sweep[0].minutes} minutes)"
  tags                = var.tags

  lifecycle {
    precondition {
      condition = local.sweep[0].oldest_seconds < var.wait.job_seconds || !contains(local.swept, "documents")
      error_message = join(" ", [
        "The oldest_seconds of a sweep must be less than the job_seconds of wait",
        "(${try(nonsensitive(var.wait.job_seconds), var.wait.job_seconds)}): no execution gets older.",
      ])
    }
  }
}

resource "aws_cloudwatch_event_target" "sweep" {
  count = length(local.sweep)

  rule = aws_cloudwatch_event_rule.sweep[0].name
  arn  = local.invoked_arns["sweep"]

  depends_on = [aws_lambda_permission.sweep]
}

resource "aws_lambda_permission" "sweep" {
  count = length(local.sweep)

  statement_id  = "sweep"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this["sweep"].function_name
  qualifier     = local.qualifiers["sweep"]
  principal     = "events.amazonaws.com"
  source_arn    = "${local.arn.events}:rule/${var.name}-sweep"

  lifecycle {
    replace_triggered_by = [aws_lambda_function.this["sweep"].package_type]
  }
}
