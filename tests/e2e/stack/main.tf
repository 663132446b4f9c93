# Two instances of the module in one account, one stack for all end-to-end tests.

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
      workflows  = ["documents", "direct", "queue", "topic"]
      completion = { fail_fast = true }
      wait       = { round_seconds = 120, max_rounds = 1, job_seconds = 7200 }
    }
    tolerant = {
      workflows  = ["documents"]
      completion = { tolerated_failure_count = 1 }
      wait       = { round_seconds = 12, max_rounds = 2, job_seconds = 7200 }
    }
  }
}

module "callback" {
  source   = "../../.."
  for_each = local.instances

  name                 = each.key
  workflows            = each.value.workflows
  task                 = { timeout_seconds = 30, maximum_concurrency = 2 }
  timeout_seconds      = { direct_worker = 10, queue_worker = 10, topic_worker = 10 }
  completion           = each.value.completion
  wait                 = each.value.wait
  reserved_concurrency = 6
  resume_resources     = ["*"] # The local AWS knows no other resource for SendTask*.
  force_destroy        = true
  tags                 = { Instance = each.key }
}

output "instances" {
  description = "The outputs of each instance."
  value       = module.callback
}
