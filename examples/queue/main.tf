# Puts a task into an SQS queue, with its token; the machine goes on when whoever consumes the queue answers.

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

  name              = var.name
  workflows         = ["queue"]
  durable_functions = var.durable_functions
  task              = { timeout_seconds = var.task_seconds }
  timeout_seconds   = { queue_worker = var.worker_seconds }
  resume_resources  = var.resume_resources
  force_destroy     = var.force_destroy

  tags = { Project = var.name }
}
