# A workflow is one row here and one template in states/.
#
#   values  what the template needs beside the ARNs and timeouts of the workflow's functions

locals {
  workflows = {
    documents = {
      values = {
        job_seconds   = var.wait.job_seconds
        round_seconds = var.wait.round_seconds
        last_round    = var.wait.max_rounds - 1
      }
    }
  }

  machine_names = { for workflow in keys(local.workflows) : workflow => "${var.name}-${workflow}" }
  machine_arns = {
    for workflow, name in local.machine_names :
    workflow => "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:${name}"
  }

  machines = { for workflow in var.workflows : workflow => local.workflows[workflow] }
  machine_functions = {
    for workflow in keys(local.machines) :
    workflow => { for handler, function in local.functions : handler => function if function.workflow == workflow && function.on_failure == null }
  }

  # https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
  retry = jsonencode([{
    ErrorEquals = [
      "Lambda.ClientExecutionTimeoutException",
      "Lambda.ServiceException",
      "Lambda.AWSLambdaException",
      "Lambda.SdkClientException",
      "Lambda.TooManyRequestsException",
    ]
    IntervalSeconds = 2
    BackoffRate     = 1.5
    MaxAttempts     = 8
    MaxDelaySeconds = 60
    JitterStrategy  = "FULL"
  }])
}

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition  = data.aws_partition.current.partition
  account_id = data.aws_caller_identity.current.account_id
  # `name` is deprecated from provider 6 on and `region` unknown before it; `id` is the region in both.
  region            = data.aws_region.current.id
  lambda_arn_prefix = "arn:${local.partition}:lambda:${local.region}:${local.account_id}"
}

resource "aws_cloudwatch_log_group" "machines" {
  for_each = local.machines

  # The prefix keeps the log's resource policy short: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
  name              = "/aws/vendedlogs/states/${local.machine_names[each.key]}"
  retention_in_days = var.retention_days.logs
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sfn_state_machine" "this" {
  for_each = local.machines

  name     = local.machine_names[each.key]
  type     = "STANDARD"
  role_arn = aws_iam_role.machines[each.key].arn

  definition = jsonencode(jsondecode(templatefile("${path.module}/states/${each.key}.asl.json", merge(
    each.value.values,
    { for handler in keys(local.machine_functions[each.key]) : "${handler}_arn" => local.function_arns[handler] },
    # The function's own timeout fires first, and says more.
    { for handler, function in local.machine_functions[each.key] : "${handler}_seconds" => function.timeout + 30 },
    { partition = local.partition, retry = local.retry },
  ))))

  logging_configuration {
    level = "ALL"
    # Execution data holds task tokens.
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.machines[each.key].arn}:*"
  }

  tracing_configuration {
    enabled = var.xray_tracing
  }

  dynamic "encryption_configuration" {
    for_each = var.kms_key_arn[*]
    content {
      type       = "CUSTOMER_MANAGED_KMS_KEY"
      kms_key_id = encryption_configuration.value
    }
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = var.retention_days.data * 86400 > var.wait.job_seconds
      error_message = "The retention_days of data must be longer than the job_seconds of wait, or chunks expire under a running job."
    }
  }

  depends_on = [aws_iam_role_policy.machines, aws_lambda_function.this]
}
