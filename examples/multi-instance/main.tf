# Several instances in one region by for_each, and the same in another region by a provider's alias.

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

provider "aws" {
  alias  = "second"
  region = var.second_region
}

module "callback" {
  source   = "../.."
  for_each = var.instances

  name             = "${var.name}-${each.key}"
  completion       = { tolerated_failure_count = each.value.tolerated_failures }
  memory_mb        = { process = each.value.memory_mb }
  resume_resources = var.resume_resources
  force_destroy    = var.force_destroy

  tags = { Project = var.name, Instance = each.key }
}

# A name is free again in another region: the bucket, and the roles, which are global, have the region in theirs.
module "second" {
  source    = "../.."
  for_each  = var.instances
  providers = { aws = aws.second }

  name             = "${var.name}-${each.key}"
  completion       = { tolerated_failure_count = each.value.tolerated_failures }
  memory_mb        = { process = each.value.memory_mb }
  resume_resources = var.resume_resources
  force_destroy    = var.force_destroy

  tags = { Project = var.name, Instance = each.key }
}
