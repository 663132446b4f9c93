# All workflows in one account and one apply: four instances of the module, a guest, and its examples. One stack for all
# tests. The examples are given these providers, so that no process is started for each of theirs.

terraform {
  # tests/e2e/support/kept_state.py
  backend "http" {}

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
}

# A provider makes the functions that are uploaded one after the other, and waits five seconds for each:
# https://github.com/hashicorp/terraform/pull/9667
provider "aws" {}

provider "aws" {
  alias = "second"
}

provider "aws" {
  alias = "third"
}

locals {
  # By its name: else nothing would be made before the durable function is there.
  durable_function = "arn:aws:lambda:eu-central-1:000000000000:function:sfn-callback-durable-publish"

  instances = {
    strict = {
      completion      = { fail_fast = true }
      wait            = { round_seconds = 600, max_rounds = 1, job_seconds = 7200 }
      timeout_seconds = { process = 20 }
      parts           = {}
      alarmed         = true
      pending = {
        heartbeat_seconds = 60, longest_seconds = 600, doors = ["queue", "topic", "url"]
        result_buckets    = ["strict-000000000000-eu-central-1/elsewhere"]
      }
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
      parts           = {}
      # Nobody waits for the schedule: who wants a sweep invokes it.
      sweep = { minutes = 720, quiet_seconds = 1 }
    }
    # Where things are broken on purpose.
    unlucky = {
      completion = { fail_fast = true }
      wait       = { round_seconds = 40, max_rounds = 2, job_seconds = 7200 }
      # Whoever tests its sweeper's rights invokes a copy of it.
      sweep             = { minutes = 720, quiet_seconds = 1 }
      durable_functions = [local.durable_function]
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
  alarms               = try(each.value.alarmed, false) ? { topic_arn = aws_sns_topic.operators.arn } : null
  force_destroy        = true
  tags                 = { Instance = each.key }
}

# From S3, which the provider does side by side.
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
  source    = "../../../examples/direct"
  providers = { aws = aws }

  http_start       = true
  task_seconds     = 90
  worker_seconds   = 30
  resume_resources = ["*"]
  force_destroy    = true
}

module "queue" {
  source    = "../../../examples/queue"
  providers = { aws = aws }

  task_seconds      = 90
  worker_seconds    = 30
  durable_functions = [local.durable_function]
  resume_resources  = ["*"]
  force_destroy     = true
}

module "topic" {
  source    = "../../../examples/topic"
  providers = { aws = aws.third }

  task_seconds     = 90
  worker_seconds   = 30
  resume_resources = ["*"]
  force_destroy    = true
}

module "approval" {
  source    = "../../../examples/approval"
  providers = { aws = aws }

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
  source    = "../../../examples/durable-function"
  providers = { aws = aws.second }

  package_path         = var.durable_package_path
  tolerated_chunks     = 1
  round_seconds        = 30
  max_rounds           = 6
  approval_seconds     = 90
  remind_seconds       = 30
  reserved_concurrency = 6
  resume_resources     = ["*"]
  force_destroy        = true
}

module "own" {
  source    = "../../../examples/own-state-machine"
  providers = { aws = aws.third }

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
