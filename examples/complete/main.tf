# All that can be switched on: versions, a sweeper, alarms, metrics, a dashboard, notifications, traces.

terraform {
  required_version = ">= 1.5.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
}

provider "aws" {}

module "callback" {
  source = "../.."

  name      = var.name
  workflows = ["documents", "direct", "queue", "topic", "approval"]

  environment          = { CHUNK_BYTES = tostring(var.chunk_bytes) }
  memory_mb            = { process = 1024 }
  timeout_seconds      = { process = 120 }
  reserved_concurrency = var.reserved_concurrency
  versions             = { publish = true, live = var.live_versions }

  completion = { tolerated_failure_percentage = 1 }
  wait       = { round_seconds = 1800, max_rounds = 3, job_seconds = 14400 }
  task       = { timeout_seconds = 14400 }
  approval   = { emails = var.emails, timeout_seconds = 604800, remind_seconds = 86400 }
  http_start = true
  sweep      = { minutes = 15 }

  retention_days = { logs = 365, data = 30 }
  kms_key_arn    = var.kms_key_arn

  permissions_boundary = var.permissions_boundary
  role_path            = "/pipelines/"
  resume_resources     = var.resume_resources
  force_destroy        = var.force_destroy

  xray_tracing  = true
  metrics       = true
  dashboard     = true
  alarms        = { topic_arn = aws_sns_topic.operators.arn }
  notifications = { topic_arn = aws_sns_topic.operators.arn }

  tags = { Project = var.name }
}

data "aws_caller_identity" "current" {}

# Who is told: subscribe whoever is on call.
resource "aws_sns_topic" "operators" {
  #checkov:skip=CKV_AWS_26:Alarms and ends of executions are no secrets; a key of yours must let CloudWatch and EventBridge use it.
  name = "${var.name}-operators"
}

resource "aws_sns_topic_policy" "operators" {
  arn = aws_sns_topic.operators.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "LetThemTell"
      Effect    = "Allow"
      Principal = { Service = ["cloudwatch.amazonaws.com", "events.amazonaws.com"] }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.operators.arn
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}
