# One role for each function and each state machine, with statements on exact ARNs.

locals {
  # What a function or a machine may do: its row in local.handlers or local.workflows names the keys.
  grants = {
    start_documents = { actions = ["states:StartExecution"], resources = [local.machine_arns["documents"]] }
    start_direct    = { actions = ["states:StartExecution"], resources = [local.machine_arns["direct"]] }
    resume          = { actions = ["states:SendTaskSuccess", "states:SendTaskFailure"], resources = local.resume_resources }
    fail            = { actions = ["states:SendTaskFailure"], resources = local.resume_resources }
    read_documents  = { actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = ["${local.bucket_arn}/documents/*"] }
    write_chunks    = { actions = ["s3:PutObject", "s3:AbortMultipartUpload"], resources = ["${local.bucket_arn}/chunks/*"] }
    read_chunks     = { actions = ["s3:GetObject"], resources = ["${local.bucket_arn}/chunks/*"] }
    write_results   = { actions = ["s3:PutObject", "s3:AbortMultipartUpload"], resources = ["${local.bucket_arn}/results/*"] }
    read_results    = { actions = ["s3:GetObject"], resources = ["${local.bucket_arn}/results/*"] }
    list_results    = { actions = ["s3:ListBucket"], resources = [local.bucket_arn], condition = { StringLike = { "s3:prefix" = "results/*" } } }
    # Without it S3 says of an object that is not there that it may not be read:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
    list_bucket    = { actions = ["s3:ListBucket"], resources = [local.bucket_arn] }
    write_merged   = { actions = ["s3:PutObject", "s3:AbortMultipartUpload"], resources = ["${local.bucket_arn}/merged/*"] }
    write_failures = { actions = ["s3:PutObject"], resources = ["${local.bucket_arn}/failures/*"] }
    # The keys of what is open, and then those items, one by one.
    sweep_ledger = { actions = ["dynamodb:Scan", "dynamodb:GetItem", "dynamodb:BatchGetItem"], resources = [local.table_arn] }
    list_jobs    = { actions = ["states:ListExecutions"], resources = [for workflow in local.swept : local.machine_arns[workflow] if workflow == "documents"] }
    # A machine of the caller's may wait for an approval as well.
    look_at_askers     = { actions = ["states:DescribeExecution"], resources = [for arn in concat([for workflow in local.swept : local.machine_arns[workflow] if workflow == "approval"], var.resume_resources) : arn == "*" ? arn : "${replace(arn, ":stateMachine:", ":execution:")}:*"] }
    write_ledger       = { actions = ["dynamodb:UpdateItem"], resources = [local.table_arn] }
    read_ledger        = { actions = ["dynamodb:BatchGetItem"], resources = [local.table_arn] }
    invoke_process     = { actions = ["lambda:InvokeFunction"], resources = ["${local.lambda_arn_prefix}:function:${var.name}-process${local.qualifier}"] }
    report_undelivered = { actions = ["sqs:SendMessage"], resources = [local.queue_arns["undelivered"]] }
    heartbeat          = { actions = ["states:SendTaskHeartbeat"], resources = local.resume_resources }
    write_outputs      = { actions = ["s3:PutObject"], resources = [for prefix in ["outputs"] : "${local.bucket_arn}/${prefix}/*" if var.task.large_outputs == "store"] }
    consume_tasks      = { actions = local.consume, resources = [local.queue_arns["tasks"]] }
    consume_dead_letters = {
      actions   = local.consume
      resources = [for queue in ["tasks_dead", "notifications_dead"] : local.queue_arns[queue] if contains(keys(local.queues), queue)]
    }
    send_tasks          = { actions = ["sqs:SendMessage"], resources = [local.queue_arns["tasks"]] }
    publish_tasks       = { actions = ["sns:Publish"], resources = [local.topic_arns["tasks"]] }
    publish_approvals   = { actions = ["sns:Publish"], resources = [local.topic_arns["approvals"]] }
    look_up_page        = { actions = ["lambda:GetFunctionUrlConfig"], resources = [for page in distinct(["${var.name}-page", "${var.name}-page${local.qualifier}"]) : "${local.lambda_arn_prefix}:function:${page}" if var.approval.url == null] }
    read_approvals      = { actions = ["dynamodb:GetItem"], resources = [local.table_arn] }
    read_webhook_secret = { actions = ["secretsmanager:GetSecretValue"], resources = var.approval.webhook_secret_arn[*] }
    hand_over_lost_tasks = {
      actions   = ["lambda:InvokeFunction"]
      resources = ["${local.lambda_arn_prefix}:function:${var.name}-task-lost${local.qualifier}"]
    }
    hand_over_failed_chunks = {
      actions   = ["lambda:InvokeFunction"]
      resources = ["${local.lambda_arn_prefix}:function:${var.name}-chunk-failed${local.qualifier}"]
    }
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  consume = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]

  resume_resources = concat([for workflow in sort(local.wanted) : local.machine_arns[workflow]], var.resume_resources)

  # X-Ray has no resources to name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
  tracing_statements = [for _ in range(var.xray_tracing ? 1 : 0) : {
    Sid      = "SendTraces"
    Effect   = "Allow"
    Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"]
    Resource = ["*"]
  }]
  # Both are also what it takes to send to an encrypted queue, which Lambda does with the role of a function that failed:
  # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#send-to-encrypted-queue
  # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
  key_statements = [for keys in [concat(var.kms_key_arn[*], local.bucket_key_arns)] : {
    Sid      = "UseKey"
    Effect   = "Allow"
    Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource = keys
  } if length(keys) > 0]

  # What Lambda needs to put a function into a network, and the function's own code does not. Network interfaces have no
  # names before they are there: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
  network_actions = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
  ]
  network_statements = {
    for handler in keys(local.functions) : handler => [for statement in [
      { Sid = "JoinNetwork", Effect = "Allow", Action = local.network_actions, Resource = ["*"], Condition = {} },
      {
        Sid       = "RefuseNetworkToCode"
        Effect    = "Deny"
        Action    = local.network_actions
        Resource  = ["*"]
        Condition = { ArnLike = { "lambda:SourceFunctionArn" = [local.function_arns[handler], "${local.function_arns[handler]}:*"] } }
      },
    ] : { for field, value in statement : field => value if field != "Condition" || value != {} } if var.vpc != null]
  }

  statements = {
    for grant, row in local.grants : grant => merge(
      {
        Sid      = join("", [for word in split("_", grant) : title(word)])
        Effect   = "Allow"
        Action   = row.actions
        Resource = row.resources
      },
      try({ Condition = row.condition }, {}),
    )
  }

  function_statements = {
    for handler, function in local.functions : handler => concat(
      [{
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group_names[handler]}:*"]
      }],
      [for grant in function.may : local.statements[grant] if length(local.grants[grant].resources) > 0],
      local.tracing_statements,
      local.key_statements,
      local.network_statements[handler],
      # A function that somebody else puts under this role may do nothing. Lambda sets the key for what a function's code
      # asks for, and leaves it out of what it does with the role itself, such as reading a queue:
      # https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
      [for arn in [local.function_arns[handler]] : {
        Sid      = "RefuseOtherFunctions"
        Effect   = "Deny"
        Action   = ["*"]
        Resource = ["*"]
        Condition = {
          Null       = { "lambda:SourceFunctionArn" = "false" }
          ArnNotLike = { "lambda:SourceFunctionArn" = [arn, "${arn}:*"] }
        }
      }],
    )
  }

  # What it takes to hand work out, for the module's machine and for one of the caller's.
  calling_statements = {
    for workflow, machine in local.machines : workflow => concat(
      [for handlers in [machine.invokes] : {
        Sid      = "InvokeFunctions"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [for handler in handlers : local.invoked_arns[handler]]
      } if length(handlers) > 0],
      [for grant in machine.may : local.statements[grant]],
      local.key_statements,
    )
  }

  machine_statements = {
    for workflow in keys(local.machines) : workflow => concat(
      local.calling_statements[workflow],
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
    )
  }
}

locals {
  roles     = merge(aws_iam_role.functions, aws_iam_role.machines)
  role_arns = merge({ for principal, role in local.roles : principal => role.arn }, var.role_arns)

  # What the roles need, the module's and those of the caller's: it depends on no role.
  role_policies = { for principal, statements in merge(local.function_statements, local.machine_statements) : principal => jsonencode({ Version = "2012-10-17", Statement = statements }) }
}

resource "aws_iam_role" "functions" {
  for_each = { for handler, function in local.functions : handler => function if !contains(keys(var.role_arns), handler) }

  # Roles are global, so the region keeps two instances of one name apart.
  name                 = "${var.name}-${local.region}-${replace(each.key, "_", "-")}"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  # No source account or ARN: of aws:SourceArn Lambda's documentation says that it is for policies of functions (it is
  # contrasted there with the key of RefuseOtherFunctions), and a role can be passed to its own account's functions only:
  # https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
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
  for_each = aws_iam_role.functions

  name   = "handler"
  role   = each.value.id
  policy = local.role_policies[each.key]
}

resource "aws_iam_role" "machines" {
  for_each = { for workflow, machine in local.machines : workflow => machine if !contains(keys(var.role_arns), workflow) }

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
  for_each = aws_iam_role.machines

  name   = "machine"
  role   = each.value.id
  policy = local.role_policies[each.key]
}
