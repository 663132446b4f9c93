# Who is told how executions end. What they were given and what they gave is left out: it may be anything.
# https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html

locals {
  end_rule_arns = local.notified > 0 ? { ends = "${local.arn.events}:rule/${var.name}-ends" } : {}
  notified      = local.tells_ends && length(local.machines) > 0 ? 1 : 0
}

resource "aws_cloudwatch_event_rule" "ends" {
  count = local.notified

  name        = "${var.name}-ends"
  description = "How executions of ${var.name} end."
  tags        = var.tags

  event_pattern = jsonencode({
    source      = ["aws.states"]
    detail-type = ["Step Functions Execution Status Change"]
    detail = merge(
      {
        stateMachineArn = [for workflow in keys(local.machines) : local.machine_arns[workflow]]
        status          = var.notifications.statuses
      },
      # A document in parts ends once.
      local.has_parts ? { name = [{ "anything-but" = { prefix = "part_" } }] } : {},
    )
  })
}

resource "aws_cloudwatch_event_target" "ends" {
  count = local.notified

  rule = aws_cloudwatch_event_rule.ends[0].name
  arn  = var.notifications.topic_arn

  input_transformer {
    input_paths = {
      execution = "$.detail.executionArn"
      machine   = "$.detail.stateMachineArn"
      started   = "$.detail.startDate"
      status    = "$.detail.status"
      stopped   = "$.detail.stopDate"
    }
    input_template = "{${join(", ", [for field in ["status", "execution", "machine", "started", "stopped"] : "\"${field}\": <${field}>"])}}"
  }

  dynamic "dead_letter_config" {
    for_each = contains(keys(local.queues), "undelivered") ? [local.queue_arns["undelivered"]] : []
    content {
      arn = dead_letter_config.value
    }
  }

  depends_on = [aws_sqs_queue.this]
}
