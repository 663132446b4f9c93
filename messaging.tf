# Events that could not be delivered after all attempts: nothing is lost without a trace.

locals {
  undelivered_name = "${var.name}-undelivered"
  undelivered_arn  = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.undelivered_name}"
}

resource "aws_sqs_queue" "undelivered" {
  count = anytrue([for function in values(local.functions) : function.on_failure == "queue"]) ? 1 : 0

  name                      = local.undelivered_name
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn
  tags                      = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RefusePlainHttp"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = local.undelivered_arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
