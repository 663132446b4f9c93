# One function is a container image, because what it needs does not fit a zip; the others keep their small one.

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
  workload          = "scans"
  package           = { path = var.package_path }
  images            = { process = var.image_uri }
  document_suffixes = [".zip"]
  memory_mb         = { process = 2048 }
  resume_resources  = var.resume_resources
  force_destroy     = var.force_destroy

  tags = { Project = var.name }
}
