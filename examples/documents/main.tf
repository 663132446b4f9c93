# Drop a text into the bucket's documents/ folder; find its word counts under merged/.

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
  environment          = { CHUNK_BYTES = tostring(var.chunk_bytes) }
  parts                = var.parts
  reserved_concurrency = var.reserved_concurrency
  resume_resources     = var.resume_resources
  force_destroy        = var.force_destroy

  tags = { Project = "sfn-callback-documents" }
}
