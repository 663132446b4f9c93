# Chunks that are finished outside Lambda: by workers that read a queue, or by a service that recognises them and tells a topic.

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

data "aws_partition" "current" {}
# For its region: of data.aws_region, provider 6 deprecates what provider 5 has.
data "aws_service_principal" "lambda" { service_name = "lambda" }
data "aws_caller_identity" "current" {}

locals {
  arn     = "arn:${data.aws_partition.current.partition}"
  account = data.aws_caller_identity.current.account_id
  region  = data.aws_service_principal.lambda.region
}

module "callback" {
  source = "../.."

  name                 = var.name
  workload             = "hand_on"
  package              = { path = var.package_path }
  completion           = { tolerated_failure_count = var.tolerated_failure_count }
  wait                 = { round_seconds = var.round_seconds }
  reserved_concurrency = var.reserved_concurrency
  resume_resources     = var.resume_resources
  force_destroy        = var.force_destroy

  pending = {
    heartbeat_seconds = var.heartbeat_seconds
    longest_seconds   = 3 * var.round_seconds
    doors             = ["queue", "url"]
    result_buckets    = ["${local.recognized}/text"]
  }

  environment = {
    CHUNKS_QUEUE_URL     = aws_sqs_queue.this["chunks"].url
    RECOGNITION_FUNCTION = local.function_names["recognition"]
  }

  tags = { Project = var.name }
}

# A chunk that ends its workers comes to rest in the second one. The next round hands it on again.
resource "aws_sqs_queue" "this" {
  for_each = { chunks = var.hidden_seconds, chunks-dead = 30 }

  name                       = "${var.name}-${each.key}"
  visibility_timeout_seconds = each.value
  message_retention_seconds  = 1209600
  sqs_managed_sse_enabled    = true
}

resource "aws_sqs_queue_redrive_policy" "chunks" {
  queue_url      = aws_sqs_queue.this["chunks"].id
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.this["chunks-dead"].arn, maxReceiveCount = 10 })
}

resource "aws_iam_role_policy" "process" {
  name = "hand-on"
  role = module.callback.role_names["process"]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.this["chunks"].arn },
      { Effect = "Allow", Action = "lambda:InvokeFunction", Resource = aws_lambda_function.this["recognition"].arn },
    ]
  })
}
