# Hands a task to a worker function, with its token; the machine goes on when the worker answers.

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
  workflows        = ["direct"]
  task             = { timeout_seconds = var.task_seconds }
  timeout_seconds  = { direct_worker = var.worker_seconds }
  http_start       = var.http_start
  resume_resources = var.resume_resources
  force_destroy    = var.force_destroy

  tags = { Project = var.name }
}
