# One instance for `python -m proof.chaos`.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
}

provider "aws" {}

module "callback" {
  source = "../../.."

  name                 = "force"
  wait                 = { round_seconds = 240, max_rounds = 3, job_seconds = 14400 }
  reserved_concurrency = 6
  resume_resources     = ["*"] # The local AWS knows no other resource for SendTask*.
  force_destroy        = true
}

output "callback" {
  description = "The module's outputs."
  value       = module.callback
}
