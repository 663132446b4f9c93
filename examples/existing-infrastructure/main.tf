# The module inside a larger stack, which has its own bucket, key, network and boundary (platform.tf).

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

  name      = var.name
  workflows = ["documents", "direct"]

  # By way of the notification, so that EventBridge is told before anything comes. It says so itself: nothing is left to check.
  bucket      = { name = aws_s3_bucket_notification.archive.bucket, check = false }
  kms_key_arn = aws_kms_key.platform.arn
  vpc = {
    subnet_ids         = [for subnet in aws_subnet.private : subnet.id]
    security_group_ids = [aws_security_group.functions.id]
  }
  permissions_boundary = aws_iam_policy.boundary.arn
  role_path            = "/platform/"
  definitions          = { direct = "${path.module}/direct.asl.json" }
  resume_resources     = var.resume_resources
  force_destroy        = var.force_destroy
  reserved_concurrency = var.reserved_concurrency

  tags = { Team = "documents" }
}
