# What comes next when a text is there: a state machine of yours. Put your own steps in the place of NextStep.

data "aws_partition" "current" {}
# For its region: of data.aws_region, provider 6 deprecates what provider 5 has.
data "aws_service_principal" "lambda" { service_name = "lambda" }
data "aws_caller_identity" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  place      = "${data.aws_service_principal.lambda.region}:${local.account_id}"
  next_arn   = "arn:${data.aws_partition.current.partition}:states:${local.place}:stateMachine:${var.name}-next"
  rule_arn   = "arn:${data.aws_partition.current.partition}:events:${local.place}:rule/${var.name}-merged"

  # Who may assume which role, and for what of this account.
  assumed_by = {
    next = { service = "states.amazonaws.com", source = local.next_arn }
    rule = { service = "events.amazonaws.com", source = local.rule_arn }
  }
}

resource "aws_cloudwatch_event_rule" "merged" {
  name        = "${var.name}-merged"
  description = "A PDF's pages are merged."

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
  event_pattern = jsonencode({
    source      = ["aws.s3"]
    detail-type = ["Object Created"]
    account     = [local.account_id]
    detail = {
      bucket = { name = [module.callback.bucket] }
      object = { key = [{ prefix = "merged/" }] }
    }
  })
}

resource "aws_cloudwatch_event_target" "next" {
  rule       = aws_cloudwatch_event_rule.merged.name
  arn        = aws_sfn_state_machine.next.arn
  role_arn   = aws_iam_role.this["rule"].arn
  input_path = "$.detail"

  depends_on = [aws_iam_role_policy.rule]
}

resource "aws_sfn_state_machine" "next" {
  #checkov:skip=CKV_AWS_285:What is logged of your next step, and whether with its data, is yours to say.
  #checkov:skip=CKV_AWS_284:Traces cost money: add a tracing_configuration where you want them.
  name     = "${var.name}-next"
  role_arn = aws_iam_role.this["next"].arn

  definition = jsonencode({
    StartAt = "IsItTheText"
    States = {
      # Conditions on one field are alternatives, so the rule cannot tell the index from the text beside which it is.
      # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
      IsItTheText = {
        Type    = "Choice"
        Choices = [{ Variable = "$.object.key", StringMatches = "*.index.json", Next = "ItIsTheIndex" }]
        Default = "NextStep"
      }
      ItIsTheIndex = { Type = "Succeed" }
      NextStep = {
        Type       = "Pass"
        Parameters = { "bucket.$" = "$.bucket.name", "key.$" = "$.object.key" }
        End        = true
      }
    }
  })
}

resource "aws_iam_role" "this" {
  for_each = local.assumed_by

  name = "${var.name}-${each.key}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = each.value.service }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account_id }
        ArnEquals    = { "aws:SourceArn" = each.value.source }
      }
    }]
  })
}

resource "aws_iam_role_policy" "rule" {
  name = "start"
  role = aws_iam_role.this["rule"].id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "states:StartExecution", Resource = local.next_arn }]
  })
}
