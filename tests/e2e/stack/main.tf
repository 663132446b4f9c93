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
      completion = { fail_fast = true }
      wait       = { round_seconds = 120, max_rounds = 1, job_seconds = 300 }
    }
    tolerant = {
      completion = { tolerated_failure_count = 1 }
      wait       = { round_seconds = 12, max_rounds = 2, job_seconds = 120 }
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

output "instances" {
  description = "The outputs of each instance."
  value       = module.callback
}
