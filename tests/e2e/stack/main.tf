# All workflows in one account and one apply: two instances of the module, and its examples. One stack for all tests.

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
      completion = { fail_fast = true }
      wait       = { round_seconds = 120, max_rounds = 1, job_seconds = 7200 }
    }
    tolerant = {
      completion = { tolerated_failure_count = 1 }
      wait       = { round_seconds = 12, max_rounds = 2, job_seconds = 7200 }
    }
  }
}

module "callback" {
  source   = "../../.."
  for_each = local.instances

  name                 = each.key
  completion           = each.value.completion
  wait                 = each.value.wait
  reserved_concurrency = 6
  resume_resources     = ["*"] # The local AWS knows no other resource for SendTask*.
  force_destroy        = true
  tags                 = { Instance = each.key }
}

module "direct" {
  source = "../../../examples/direct"

  http_start       = true
  task_seconds     = 30
  worker_seconds   = 10
  resume_resources = ["*"]
  force_destroy    = true
}

module "queue" {
  source = "../../../examples/queue"

  task_seconds     = 30
  worker_seconds   = 10
  resume_resources = ["*"]
  force_destroy    = true
}

module "topic" {
  source = "../../../examples/topic"

  task_seconds     = 30
  worker_seconds   = 10
  resume_resources = ["*"]
  force_destroy    = true
}

module "approval" {
  source = "../../../examples/approval"

  emails             = ["nobody@example.com"]
  approval_seconds   = 30
  remind_seconds     = 10
  package_path       = var.package_path
  webhook_secret_arn = aws_secretsmanager_secret.webhook.arn
  resume_resources   = ["*"]
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
    direct   = module.direct.callback
    queue    = module.queue.callback
    topic    = module.topic.callback
    approval = module.approval.callback
    own      = merge(module.own.callback, { state_machine_arns = { own = module.own.state_machine_arn } })
  })
}
