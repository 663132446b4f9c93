# This module, and beside it what a user would build instead, over the same bucket.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
}

provider "aws" {}

variable "package_path" {
  description = "Zip of the module's package with functions.py of the rivals in it."
  type        = string
}

variable "chunk_bytes" {
  description = "How large a chunk is."
  type        = number
}

variable "at_a_time" {
  description = "How many chunks are processed at a time, by whoever processes them."
  type        = number
}

locals {
  functions = toset(["split", "process", "merge", "call_back", "do_it_all"])
  machines  = toset(["map", "callbacks", "worker"])
}

module "callback" {
  source = "../../.."

  name                 = "bench"
  package              = { path = var.package_path }
  environment          = { CHUNK_BYTES = tostring(var.chunk_bytes) }
  reserved_concurrency = var.at_a_time
  resume_resources     = ["*"] # The local AWS knows no other resource for SendTask*.
  force_destroy        = true
}

resource "aws_iam_role" "rivals" {
  name = "rivals"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["lambda.amazonaws.com", "states.amazonaws.com"] }
    }]
  })
}

resource "aws_iam_role_policy" "rivals" {
  name = "rivals"
  role = aws_iam_role.rivals.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:*", "states:*", "lambda:InvokeFunction", "logs:*"]
      Resource = "*"
    }]
  })
}

resource "aws_lambda_function" "rivals" {
  for_each = local.functions

  function_name                  = "rivals-${each.key}"
  role                           = aws_iam_role.rivals.arn
  filename                       = var.package_path
  source_code_hash               = filebase64sha256(var.package_path)
  handler                        = "rivals.${each.key}"
  runtime                        = "python3.13"
  timeout                        = 300
  reserved_concurrent_executions = contains(["process", "call_back"], each.key) ? var.at_a_time : -1

  environment {
    variables = { BUCKET = module.callback.bucket, CHUNK_BYTES = tostring(var.chunk_bytes) }
  }
}

resource "aws_sfn_state_machine" "rivals" {
  for_each = local.machines

  name     = "rivals-${each.key}"
  role_arn = aws_iam_role.rivals.arn

  definition = templatefile("${path.module}/${each.key}.asl.json", {
    at_a_time = var.at_a_time
    arns      = { for name, function in aws_lambda_function.rivals : name => function.arn }
  })
}

output "bucket" {
  description = "The bucket that all of them use."
  value       = module.callback.bucket
}

output "machines" {
  description = "ARNs of the machines, by design."
  value = merge(
    { for name, machine in aws_sfn_state_machine.rivals : name => machine.arn },
    { ours = module.callback.state_machine_arns["documents"] },
  )
}
