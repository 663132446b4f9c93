# Publishes a task to an SNS topic, with its token; the machine goes on when a subscriber answers.

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

  name             = var.name
  workflows        = ["topic"]
  task             = { timeout_seconds = var.task_seconds }
  timeout_seconds  = { topic_worker = var.worker_seconds }
  resume_resources = var.resume_resources
  force_destroy    = var.force_destroy

  tags = { Project = var.name }
}
