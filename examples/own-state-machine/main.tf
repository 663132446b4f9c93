# A state machine of your own with two states of the module's: one hands work to a function, one asks a person.

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

data "aws_partition" "current" {}
# For its region: of data.aws_region, provider 6 deprecates what provider 5 has.
data "aws_service_principal" "lambda" { service_name = "lambda" }
data "aws_caller_identity" "current" {}

locals {
  # Written out, because the module must know it before the machine is there.
  machine_arn = join(":", [
    "arn", data.aws_partition.current.partition, "states", data.aws_service_principal.lambda.region,
    data.aws_caller_identity.current.account_id, "stateMachine", var.name,
  ])
}

module "callback" {
  source = "../.."

  name             = var.name
  workflows        = ["direct", "approval"]
  task             = { timeout_seconds = var.task_seconds }
  timeout_seconds  = { direct_worker = var.worker_seconds }
  approval         = { timeout_seconds = var.approval_seconds, emails = var.emails }
  resume_resources = concat([local.machine_arn], var.resume_resources)
  force_destroy    = var.force_destroy

  tags = { Project = var.name }
}

resource "aws_sfn_state_machine" "this" {
  #checkov:skip=CKV_AWS_285:A log with execution data would hold task tokens; one without them is yours to add.
  #checkov:skip=CKV_AWS_284:Traces cost money: add a tracing_configuration where you want them.
  name     = var.name
  role_arn = aws_iam_role.machine.arn

  definition = jsonencode({
    StartAt = "Work"
    States = {
      Work = merge(module.callback.callback_states["direct"].jsonata, {
        Catch = [{ ErrorEquals = ["States.ALL"], Next = "WorkFailed" }]
        Next  = "Question"
      })
      Question = {
        Type = "Pass"
        Parameters = {
          "subject.$" = "States.Format('Publish the roll of {}?', $.roll)"
          requester   = var.name
        }
        Next = "Ask"
      }
      Ask = merge(module.callback.callback_states["approval"].jsonpath, {
        Catch = [
          { ErrorEquals = ["Rejected"], Next = "Withdrawn" },
          { ErrorEquals = ["States.ALL"], Next = "NobodyDecided" },
        ]
        Next = "Published"
      })
      Published = { Type = "Succeed" }
      Withdrawn = { Type = "Succeed" }
      # A failure may come without an error or a cause, so both are told together.
      WorkFailed = {
        Type          = "Fail"
        QueryLanguage = "JSONata"
        Error         = "WorkFailed"
        Cause         = "{% $substring($string($states.input), 0, 32768) %}"
      }
      NobodyDecided = {
        Type          = "Fail"
        QueryLanguage = "JSONata"
        Error         = "NobodyDecided"
        Cause         = "{% $substring($string($states.input), 0, 32768) %}"
      }
    }
  })

  depends_on = [aws_iam_role_policy.machine]
}

resource "aws_iam_role" "machine" {
  name = "${var.name}-own-machine"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        ArnEquals    = { "aws:SourceArn" = local.machine_arn }
      }
    }]
  })
}

resource "aws_iam_role_policy" "machine" {
  for_each = toset(["direct", "approval"])

  name   = each.key
  role   = aws_iam_role.machine.id
  policy = module.callback.callback_policies[each.key]
}
