# A bucket of the caller's tells EventBridge what is new in it, and its own notifications are left alone: who sets one of
# them sets all. https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html

locals {
  # Whose new objects invoke which function: by a notification of the module's bucket, or by a rule here. Either invokes the
  # function itself, asynchronously, or sends to the queue that the function consumes.
  watched = { for handler, function in local.functions : handler => function.prefix if function.prefix != null }
  queued  = { for queue, row in local.consumed : row.handler => queue if contains(keys(local.watched), row.handler) }
  invoked = { for handler, prefix in local.watched : handler => prefix if !contains(keys(local.queued), handler) }
  teller = local.own_bucket ? {
    service = "s3.amazonaws.com", arn = local.bucket_arn, account = local.account_id
  } : { service = "events.amazonaws.com", arn = null, account = null }
  bridged = { for handler, prefix in local.watched : handler => prefix if !local.own_bucket }

  rule_arns       = { for handler in keys(local.bridged) : handler => "${local.arn.events}:rule/${var.name}-${handler}" }
  bucket_key_arns = local.own_bucket ? [] : var.bucket.kms_key_arn[*]
}

resource "aws_cloudwatch_event_rule" "bucket" {
  for_each = local.bridged

  name        = "${var.name}-${each.key}"
  description = "What is new under ${local.prefix}${each.value} of ${local.bucket_name}."
  tags        = var.tags

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
  event_pattern = jsonencode({
    source      = ["aws.s3"]
    detail-type = ["Object Created"]
    account     = [local.account_id]
    detail      = { bucket = { name = [local.bucket_name] }, object = { key = [{ prefix = "${local.prefix}${each.value}" }] } }
  })
}

# EventBridge invokes asynchronously too: once Lambda has the event, it is Lambda that tries again, and its on-failure
# destination that is told. What Lambda, or a queue, does not take, EventBridge tries again for a day, and then keeps in the
# queue of dead letters.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
resource "aws_cloudwatch_event_target" "bucket" {
  for_each = local.bridged

  rule = aws_cloudwatch_event_rule.bucket[each.key].name
  arn  = contains(keys(local.queued), each.key) ? aws_sqs_queue.this[local.queued[each.key]].arn : aws_lambda_alias.live[each.key].arn

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

# No data source of its own has a bucket's notifications. This one needs cloudformation:GetResource and
# s3:GetBucketNotification, among others.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-eventbridgeconfiguration.html
# It stands outside the check that reads it: Terraform plans to read one within a check again at every apply, so that no plan
# would ever be without a change. https://github.com/hashicorp/terraform/issues/35226
data "aws_cloudcontrolapi_resource" "bucket" {
  count = length(local.bridged) > 0 && local.checks_bucket ? 1 : 0

  type_name  = "AWS::S3::Bucket"
  identifier = local.bucket_name

  # A bucket that the same apply makes, or switches, is looked at after that.
  depends_on = [var.bucket]
}
