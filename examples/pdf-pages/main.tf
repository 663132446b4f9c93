# Drop a PDF into the bucket's documents/ folder; find its text under merged/, with an index of its pages beside it.

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
  workload             = "pages"
  package              = { path = var.package_path }
  memory_mb            = var.memory_mb
  document_suffixes    = [".pdf"]
  completion           = { tolerated_failure_count = var.tolerated_pages }
  reserved_concurrency = var.reserved_concurrency
  eventbridge          = true
  resume_resources     = var.resume_resources
  force_destroy        = var.force_destroy

  tags = { Project = var.name }
}
