# A bucket of the caller's tells EventBridge what is new in it, and its own notifications are left alone: who sets one of
# them sets all. https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html

locals {
  # Whose new objects invoke which function: by a notification of the module's bucket, or by a rule here.
  watched = { for handler, function in local.functions : handler => function.prefix if function.prefix != null }
  bridged = { for handler, prefix in local.watched : handler => prefix if var.bucket != null }

  rule_arns       = { for handler in keys(local.bridged) : handler => "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${var.name}-${handler}" }
  bucket_key_arns = var.bucket == null ? [] : var.bucket.kms_key_arn[*]
}

resource "aws_cloudwatch_event_rule" "bucket" {
  for_each = local.bridged

  name        = "${var.name}-${each.key}"
  description = "What is new under ${each.value} of ${local.bucket_name}."
  tags        = var.tags

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
  event_pattern = jsonencode({
    source      = ["aws.s3"]
    detail-type = ["Object Created"]
    account     = [local.account_id]
    detail = {
      bucket = { name = [local.bucket_name] }
      object = { key = [{ prefix = each.value }] }
    }
  })
}

# EventBridge invokes asynchronously too: once Lambda has the event, it is Lambda that tries again, and its on-failure
# destination that is told. What Lambda does not take, EventBridge tries again for a day, and then keeps in the queue.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
resource "aws_cloudwatch_event_target" "bucket" {
  for_each = local.bridged

  rule = aws_cloudwatch_event_rule.bucket[each.key].name
  arn  = aws_lambda_alias.live[each.key].arn

  # EventBridge's own defaults, written down because the protocol counts on them.
  retry_policy {
    maximum_retry_attempts       = 185
    maximum_event_age_in_seconds = 86400
  }

  dead_letter_config {
    arn = aws_sqs_queue.this["undelivered"].arn
  }

  # The first event may come at once: all that it meets is there before.
  depends_on = [aws_lambda_permission.bucket, aws_lambda_function_event_invoke_config.this, aws_sfn_state_machine.this]
}

module "event_switch" {
  source = "./modules/event-switch"
  count  = length(local.bridged) > 0 && try(var.bucket.check, false) ? 1 : 0

  bucket = local.bucket_name
}
