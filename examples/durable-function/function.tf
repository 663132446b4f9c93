# The function, its role, and what starts it. What is of yours begins here.

data "aws_partition" "current" {}
# For its region: of data.aws_region, provider 6 deprecates what provider 5 has.
data "aws_service_principal" "lambda" { service_name = "lambda" }
data "aws_caller_identity" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  place      = "${data.aws_service_principal.lambda.region}:${local.account_id}"
  # By its name, because the function needs what the module says, and the module needs its ARN.
  function     = "${var.name}-publish"
  function_arn = "arn:${data.aws_partition.current.partition}:lambda:${local.place}:function:${local.function}"

  properties = {
    FunctionName  = local.function
    Role          = aws_iam_role.publish.arn
    Runtime       = "python3.13"
    Handler       = "publish.handler"
    Timeout       = 60
    MemorySize    = 256
    Code          = { S3Bucket = aws_s3_object.package.bucket, S3Key = aws_s3_object.package.key }
    Environment   = { Variables = module.callback.durable.environment }
    LoggingConfig = { LogGroup = aws_cloudwatch_log_group.publish.name, LogFormat = "JSON" }
    DurableConfig = { ExecutionTimeout = var.execution_seconds, RetentionPeriodInDays = 14 }
  }
  # Another version whenever anything changes. The one before stays: an execution goes on with the version that it began with.
  version = "Version${substr(sha256(jsonencode(local.properties)), 0, 12)}"
}

# From 6.25 on the provider has it: `durable_config` of aws_lambda_function, with `publish = true`, does what this stack does.
resource "aws_cloudformation_stack" "publish" {
  #checkov:skip=CKV_AWS_124:Terraform waits for the stack, and reports what has failed.
  name = local.function

  template_body = jsonencode({
    Resources = {
      Function = { Type = "AWS::Lambda::Function", Properties = local.properties }
      (local.version) = {
        Type                = "AWS::Lambda::Version"
        DeletionPolicy      = "Retain"
        UpdateReplacePolicy = "Retain"
        Properties          = { FunctionName = { Ref = "Function" } }
      }
      Live = {
        Type = "AWS::Lambda::Alias"
        Properties = {
          Name            = "live"
          FunctionName    = { Ref = "Function" }
          FunctionVersion = { "Fn::GetAtt" = [local.version, "Version"] }
        }
      }
    }
  })

  tags = { Project = var.name }

  depends_on = [aws_iam_role_policy.publish]
}

resource "aws_s3_object" "package" {
  bucket = module.callback.bucket
  key    = "functions/${filesha256(var.package_path)}.zip"
  source = var.package_path
}

resource "aws_cloudwatch_log_group" "publish" {
  #checkov:skip=CKV_AWS_158:Logs are encrypted by AWS's own key; give it one of yours where that is not enough.
  #checkov:skip=CKV_AWS_338:Two weeks, as long as Lambda keeps an execution's history here.
  name              = "/aws/lambda/${local.function}"
  retention_in_days = 14

  tags = { Project = var.name }
}

resource "aws_iam_role" "publish" {
  name = local.function

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  })

  tags = { Project = var.name }
}

# Of AWSLambdaBasicDurableExecutionRolePolicy what this one function needs; and what the module says.
# https://docs.aws.amazon.com/lambda/latest/dg/durable-security.html
resource "aws_iam_role_policy" "publish" {
  for_each = {
    durable = jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Effect   = "Allow"
          Action   = ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"]
          Resource = "${local.function_arn}:*"
        },
        {
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.publish.arn}:*"
        },
      ]
    })
    module = module.callback.durable.policy
  }

  name   = each.key
  role   = aws_iam_role.publish.id
  policy = each.value
}

# An execution for each document under durable/. EventBridge may deliver twice, and gives no name: two executions ask twice.
resource "aws_cloudwatch_event_rule" "dropped" {
  name        = "${var.name}-dropped"
  description = "A document is there for the durable function."

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
  event_pattern = jsonencode({
    source      = ["aws.s3"]
    detail-type = ["Object Created"]
    account     = [local.account_id]
    detail = {
      bucket = { name = [module.callback.bucket] }
      object = { key = [{ prefix = "durable/" }] }
    }
  })

  tags = { Project = var.name }
}

# By the alias: Lambda refuses to invoke a durable function without a version.
resource "aws_cloudwatch_event_target" "publish" {
  rule       = aws_cloudwatch_event_rule.dropped.name
  arn        = "${local.function_arn}:live"
  input_path = "$.detail"

  depends_on = [aws_lambda_permission.dropped]
}

resource "aws_lambda_permission" "dropped" {
  statement_id  = "Dropped"
  action        = "lambda:InvokeFunction"
  function_name = local.function
  qualifier     = "live"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.dropped.arn

  depends_on = [aws_cloudformation_stack.publish]
}
