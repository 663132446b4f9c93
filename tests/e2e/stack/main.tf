# All workflows in one account and one apply: three instances of the module, and its examples. One stack for all tests.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
}

provider "aws" {}

locals {
  instances = {
    strict = {
      completion      = { fail_fast = true }
      wait            = { round_seconds = 600, max_rounds = 1, job_seconds = 7200 }
      timeout_seconds = { process = 20 }
      parts           = {}
      pending = {
        heartbeat_seconds = 60, longest_seconds = 600, doors = ["queue", "topic", "url"]
        result_buckets    = ["strict-000000000000-eu-central-1/elsewhere"]
      }
    }
    tolerant = {
      completion = { tolerated_failure_count = 1 }
      wait       = { round_seconds = 30, max_rounds = 2, job_seconds = 7200 }
    }
    force = {
      completion = { fail_fast = true }
      wait       = { round_seconds = 60, max_rounds = 3, job_seconds = 7200 }
      parts      = { over_mb = 4 }
    }
    # Broken on purpose and mended by hand: no round comes to its help.
    operated = {
      completion      = { fail_fast = true }
      wait            = { round_seconds = 600, max_rounds = 1, job_seconds = 7200 }
      timeout_seconds = { process = 20 }
      parts           = { over_mb = 4 }
      # Nobody waits for the schedule: who wants a sweep invokes it.
      sweep = { minutes = 720, quiet_seconds = 1 }
    }
    # Where things are broken on purpose.
    unlucky = {
      completion = { fail_fast = true }
      wait       = { round_seconds = 40, max_rounds = 2, job_seconds = 7200 }
      # Whoever tests its sweeper's rights invokes a copy of it.
      sweep             = { minutes = 720, quiet_seconds = 1 }
      durable_functions = [trimsuffix(module.durable.function, ":live")]
    }
  }
}

module "callback" {
  source   = "../../.."
  for_each = local.instances

  name                 = each.key
  package              = local.package
  completion           = each.value.completion
  wait                 = each.value.wait
  timeout_seconds      = try(each.value.timeout_seconds, {})
  parts                = try(each.value.parts, null)
  pending              = try(each.value.pending, null)
  sweep                = try(each.value.sweep, null)
  durable_functions    = try(each.value.durable_functions, [])
  reserved_concurrency = 6
  resume_resources     = ["*"] # The local AWS knows no other resource for SendTask*.
  alarms               = { topic_arn = aws_sns_topic.operators.arn }
  force_destroy        = true
  tags                 = { Instance = each.key }
}

# From S3, because the provider uploads files one after the other, and waits five seconds for each function:
# https://github.com/hashicorp/terraform/pull/9667
locals {
  package = { bucket = aws_s3_object.package.bucket, key = aws_s3_object.package.key }
}

resource "aws_s3_bucket" "packages" {
  bucket        = "packages"
  force_destroy = true
}

resource "aws_s3_object" "package" {
  bucket      = aws_s3_bucket.packages.bucket
  key         = "sfn_callback.zip"
  source      = "../../../dist/sfn_callback.zip"
  source_hash = filemd5("../../../dist/sfn_callback.zip")
}

resource "aws_sns_topic" "operators" {
  name = "operators"
}

# A guest: the bucket is the caller's, has a notification already and other things in it, and all that invokes, invokes an alias.
module "guest" {
  source = "../../.."

  name                 = "guest"
  package              = local.package
  bucket               = { name = aws_s3_bucket_notification.theirs.bucket, prefix = local.prefix, check = false }
  versions             = { publish = true }
  wait                 = { round_seconds = 300, max_rounds = 2, job_seconds = 7200 }
  timeout_seconds      = { process = 20 }
  reserved_concurrency = 4
  resume_resources     = ["*"]
  metrics              = true
  dashboard            = true
  notifications        = { topic_arn = aws_sns_topic.operators.arn, statuses = ["SUCCEEDED", "FAILED"] }
  force_destroy        = true
}

locals {
  prefix = "team-a/"
}

resource "aws_s3_bucket" "theirs" {
  bucket        = "theirs"
  force_destroy = true
}

resource "aws_sqs_queue" "theirs" {
  for_each = { theirs = "s3.amazonaws.com", ends = "sns.amazonaws.com" }

  name = each.key
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = each.value }, Action = "sqs:SendMessage", Resource = "*" }]
  })
}

resource "aws_s3_bucket_notification" "theirs" {
  bucket      = aws_s3_bucket.theirs.id
  eventbridge = true

  queue {
    queue_arn     = aws_sqs_queue.theirs["theirs"].arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "${local.prefix}documents/"
  }
}

resource "aws_sns_topic_subscription" "ends" {
  topic_arn            = aws_sns_topic.operators.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.theirs["ends"].arn
  raw_message_delivery = true
}

module "direct" {
  source = "../../../examples/direct"

  http_start       = true
  task_seconds     = 90
  worker_seconds   = 30
  resume_resources = ["*"]
  force_destroy    = true
}

module "queue" {
  source = "../../../examples/queue"

  task_seconds      = 90
  worker_seconds    = 30
  durable_functions = [trimsuffix(module.durable.function, ":live")]
  resume_resources  = ["*"]
  force_destroy     = true
}

module "topic" {
  source = "../../../examples/topic"

  task_seconds     = 90
  worker_seconds   = 30
  resume_resources = ["*"]
  force_destroy    = true
}

module "approval" {
  source = "../../../examples/approval"

  emails             = ["nobody@example.com"]
  approval_seconds   = 90
  remind_seconds     = 30
  package_path       = var.package_path
  webhook_secret_arn = aws_secretsmanager_secret.webhook.arn
  resume_resources   = ["*"]
  force_destroy      = true
}

# Its function does more than the example's: tests/e2e/support/publish.py.
module "durable" {
  source = "../../../examples/durable-function"

  package_path         = var.durable_package_path
  tolerated_chunks     = 1
  round_seconds        = 30
  max_rounds           = 2
  approval_seconds     = 90
  remind_seconds       = 30
  reserved_concurrency = 6
  resume_resources     = ["*"]
  force_destroy        = true
}

module "own" {
  source = "../../../examples/own-state-machine"

  task_seconds     = 30
  worker_seconds   = 10
  approval_seconds = 30
  resume_resources = ["*"]
  force_destroy    = true
}

variable "package_path" {
  description = "A package that can check a webhook's JSON Schema."
  type        = string
}

variable "durable_package_path" {
  description = "A package with a durable function."
  type        = string
}

resource "aws_secretsmanager_secret" "webhook" {
  name                    = "webhook"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "webhook" {
  secret_id     = aws_secretsmanager_secret.webhook.id
  secret_string = "only-for-tests"
}

output "instances" {
  description = "The module's outputs, by instance."
  value = merge(module.callback, {
    guest    = merge(module.guest, { prefix = local.prefix })
    direct   = module.direct.callback
    queue    = module.queue.callback
    topic    = module.topic.callback
    approval = module.approval.callback
    durable  = merge(module.durable.callback, { durable_function = module.durable.function })
    own      = merge(module.own.callback, { state_machine_arns = { own = module.own.state_machine_arn } })
  })
}
