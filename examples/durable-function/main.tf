# A durable function of yours: it waits for the chunks of a document, and then for a person.

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

  name                 = var.name
  workflows            = ["documents", "approval"]
  durable_functions    = [local.function_arn]
  completion           = { tolerated_failure_count = var.tolerated_chunks }
  wait                 = { round_seconds = var.round_seconds, max_rounds = var.max_rounds }
  reserved_concurrency = var.reserved_concurrency
  eventbridge          = true
  resume_resources     = var.resume_resources
  force_destroy        = var.force_destroy

  approval = {
    timeout_seconds = var.approval_seconds
    remind_seconds  = var.remind_seconds
    emails          = var.emails
  }

  tags = { Project = var.name }
}
