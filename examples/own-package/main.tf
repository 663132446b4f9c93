# A package of your own: your workload and what it imports, beside the module's.

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
  workload         = "orders"
  package          = { path = var.package_path }
  completion       = { tolerated_failure_count = 10 }
  resume_resources = var.resume_resources
  force_destroy    = var.force_destroy

  tags = { Project = var.name }
}
