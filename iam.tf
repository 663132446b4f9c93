# One role for each function and each state machine, with statements on exact ARNs.

locals {
  # What a handler may do: its row in local.handlers names the keys.
  grants = {
    start_documents    = { actions = ["states:StartExecution"], resources = [local.machine_arns["documents"]] }
    resume             = { actions = ["states:SendTaskSuccess", "states:SendTaskFailure"], resources = local.resume_resources }
    read_documents     = { actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = ["${local.bucket_arn}/documents/*"] }
    write_chunks       = { actions = ["s3:PutObject"], resources = ["${local.bucket_arn}/chunks/*"] }
    read_chunks        = { actions = ["s3:GetObject"], resources = ["${local.bucket_arn}/chunks/*"] }
    write_results      = { actions = ["s3:PutObject"], resources = ["${local.bucket_arn}/results/*"] }
    read_results       = { actions = ["s3:GetObject"], resources = ["${local.bucket_arn}/results/*"] }
    list_results       = { actions = ["s3:ListBucket"], resources = [local.bucket_arn], condition = { StringLike = { "s3:prefix" = "results/*" } } }
    write_merged       = { actions = ["s3:PutObject", "s3:AbortMultipartUpload"], resources = ["${local.bucket_arn}/merged/*"] }
    write_failures     = { actions = ["s3:PutObject"], resources = ["${local.bucket_arn}/failures/*"] }
    write_ledger       = { actions = ["dynamodb:UpdateItem"], resources = [local.table_arn] }
    read_ledger        = { actions = ["dynamodb:BatchGetItem"], resources = [local.table_arn] }
    invoke_process     = { actions = ["lambda:InvokeFunction"], resources = ["${local.lambda_arn_prefix}:function:${var.name}-process"] }
    report_undelivered = { actions = ["sqs:SendMessage"], resources = [local.undelivered_arn] }
    hand_over_failed_chunks = {
      actions   = ["lambda:InvokeFunction"]
      resources = ["${local.lambda_arn_prefix}:function:${var.name}-chunk-failed"]
    }
  }

  resume_resources = coalesce(var.resume_resources, [for workflow in sort(var.workflows) : local.machine_arns[workflow]])

  # X-Ray has no resources to name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
  tracing_statements = [for _ in range(var.xray_tracing ? 1 : 0) : {
    Sid      = "SendTraces"
    Effect   = "Allow"
    Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"]
    Resource = ["*"]
  }]
  key_statements = [for key in var.kms_key_arn[*] : {
    Sid      = "UseKey"
    Effect   = "Allow"
    Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource = [key]
  }]

  function_statements = {
    for handler, function in local.functions : handler => concat(
      [{
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/aws/lambda/${function.name}:*"]
      }],
      [for grant in function.may : merge(
        {
          Sid      = join("", [for word in split("_", grant) : title(word)])
          Effect   = "Allow"
          Action   = local.grants[grant].actions
          Resource = local.grants[grant].resources
        },
        try({ Condition = local.grants[grant].condition }, {}),
      )],
      local.tracing_statements,
      local.key_statements,
    )
  }

  machine_statements = {
    for workflow in keys(local.machines) : workflow => concat(
      [{
        Sid      = "InvokeFunctions"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [for handler in sort(keys(local.machine_functions[workflow])) : local.function_arns[handler]]
      }],
      # Log delivery has no resources to name: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
      [{
        Sid    = "DeliverLogs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery",
          "logs:GetLogDelivery",
          "logs:UpdateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:DescribeResourcePolicies",
          "logs:DescribeLogGroups",
        ]
        Resource = ["*"]
      }],
      local.tracing_statements,
      local.key_statements,
    )
  }
}

resource "aws_iam_role" "functions" {
  for_each = local.functions

  # Roles are global, so the region keeps two instances of one name apart.
  name                 = "${var.name}-${local.region}-${replace(each.key, "_", "-")}"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "functions" {
  for_each = local.functions

  name   = "handler"
  role   = aws_iam_role.functions[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.function_statements[each.key] })
}

resource "aws_iam_role" "machines" {
  for_each = local.machines

  name                 = "${var.name}-${local.region}-${each.key}-machine"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account_id }
        ArnEquals    = { "aws:SourceArn" = local.machine_arns[each.key] }
      }
    }]
  })
}

resource "aws_iam_role_policy" "machines" {
  for_each = local.machines

  name   = "machine"
  role   = aws_iam_role.machines[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.machine_statements[each.key] })
}
