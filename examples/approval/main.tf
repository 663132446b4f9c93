# Asks people by e-mail; the machine goes on when one of them decides, or at the deadline.

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
  workflows        = ["approval"]
  package          = { path = var.package_path }
  resume_resources = var.resume_resources
  force_destroy    = var.force_destroy

  approval = {
    timeout_seconds    = var.approval_seconds
    remind_seconds     = var.remind_seconds
    emails             = var.emails
    webhook_secret_arn = var.webhook_secret_arn
  }

  tags = { Project = var.name }
}
