# One role for each function and each state machine, with statements on exact ARNs.

locals {
  # What a function or a machine may do: its row in local.handlers or local.workflows names the keys.
  grants = {
    start_documents = {
      actions   = ["states:StartExecution"]
      resources = concat([local.machine_arns["documents"]], local.has_parts ? [local.machine_arns["parts"]] : [])
    }
    start_direct = { actions = ["states:StartExecution"], resources = [local.machine_arns["direct"]] }
    # Of the machines of its own workflows: local.answered. One list says which executions run, in place of a question for each.
    resume         = { actions = ["states:SendTaskSuccess", "states:SendTaskFailure"], resources = ["its own machines"] }
    fail           = { actions = ["states:SendTaskFailure"], resources = ["its own machines"] }
    heartbeat      = { actions = ["states:SendTaskHeartbeat"], resources = ["its own machines"] }
    list_running   = { actions = ["states:ListExecutions"], resources = ["its own machines"] }
    read_documents = { actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = ["${local.objects_arn}documents/*"] }
    read_durable = {
      actions   = ["s3:GetObject", "s3:GetObjectVersion"]
      resources = local.has_durable ? ["${local.objects_arn}durable/*"] : []
    }
    write_chunks   = { actions = ["s3:PutObject", "s3:AbortMultipartUpload"], resources = ["${local.objects_arn}chunks/*"] }
    read_chunks    = { actions = ["s3:GetObject"], resources = ["${local.objects_arn}chunks/*"] }
    write_results  = { actions = ["s3:PutObject", "s3:AbortMultipartUpload"], resources = ["${local.objects_arn}results/*"] }
    read_results   = { actions = ["s3:GetObject"], resources = ["${local.objects_arn}results/*"] }
    write_reported = { actions = ["s3:PutObject"], resources = ["${local.objects_arn}results/*"] }
    read_result_buckets = {
      actions   = ["s3:GetObject", "s3:GetObjectVersion"]
      resources = [for place in local.result_places : "arn:${local.partition}:s3:::${place}*"]
    }
    list_results = {
      actions   = ["s3:ListBucket"], resources = [local.bucket_arn]
      condition = { StringLike = { "s3:prefix" = "${local.prefix}results/*" } }
    }
    # Without it S3 says of an object that is not there that it may not be read:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
    # In a bucket that is shared it compares the key of what is not there: https://github.com/ceph/s3-tests/pull/741
    list_bucket = {
      actions = ["s3:ListBucket"], resources = [local.bucket_arn]
      condition = local.prefix == "" ? {} : {
        StringLike = { "s3:prefix" = [
          for folder in concat(
            ["documents", "chunks", "results"], local.has_parts ? ["parts"] : [], local.has_durable ? ["durable"] : [],
          ) : "${local.prefix}${folder}/*"
        ] }
      }
    }
    write_parts = { actions = ["s3:PutObject", "s3:AbortMultipartUpload"], resources = ["${local.objects_arn}parts/*"] }
    read_parts  = { actions = ["s3:GetObject"], resources = ["${local.objects_arn}parts/*"] }
    list_parts = {
      actions   = ["s3:ListBucket"], resources = [local.bucket_arn]
      condition = { StringLike = { "s3:prefix" = "${local.prefix}parts/*" } }
    }
    list_part_executions = { actions = ["states:ListExecutions"], resources = [local.machine_arns["documents"]] }
    # The executions of parts are named so by states/parts.asl.json.
    stop_parts = {
      actions   = ["states:DescribeExecution", "states:StopExecution"]
      resources = ["${replace(local.machine_arns["documents"], ":stateMachine:", ":execution:")}:part_*"]
    }
    write_merged   = { actions = ["s3:PutObject", "s3:AbortMultipartUpload"], resources = ["${local.objects_arn}merged/*"] }
    write_failures = { actions = ["s3:PutObject"], resources = ["${local.objects_arn}failures/*"] }
    write_outputs = {
      actions   = ["s3:PutObject"]
      resources = var.task.large_outputs == "store" ? ["${local.objects_arn}outputs/*"] : []
    }
    # The keys of what is open, and then those items, one by one.
    sweep_ledger = {
      actions   = ["dynamodb:Scan", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"]
      resources = [local.table_arn]
    }
    write_ledger = { actions = ["dynamodb:UpdateItem"], resources = [local.table_arn], condition = local.leading.fanins }
    read_ledger  = { actions = ["dynamodb:BatchGetItem"], resources = [local.table_arn], condition = local.leading.fanins }
    # With the secret of chunk tokens, which whoever needs it first makes.
    write_ledger_and_secret = {
      actions = ["dynamodb:UpdateItem"], resources = [local.table_arn], condition = local.leading.with_secret
    }
    ask_approvals   = { actions = ["dynamodb:UpdateItem"], resources = [local.table_arn], condition = local.leading.asked }
    read_approvals  = { actions = ["dynamodb:GetItem"], resources = [local.table_arn], condition = local.leading.approvals }
    write_approvals = { actions = ["dynamodb:UpdateItem"], resources = [local.table_arn], condition = local.leading.approvals }
    # A machine of the caller's may wait for an approval as well.
    look_at_askers = {
      actions = ["states:DescribeExecution"]
      resources = [
        for arn in concat(contains(local.swept, "approval") ? [local.machine_arns["approval"]] : [], local.resume_these) :
        arn == "*" ? arn : "${replace(arn, ":stateMachine:", ":execution:")}:*"
      ]
    }
    invoke_process          = { actions = ["lambda:InvokeFunction"], resources = [local.invoked_arns["process"]] }
    hand_over_failed_chunks = { actions = ["lambda:InvokeFunction"], resources = [local.invoked_arns["chunk_failed"]] }
    hand_over_lost_tasks    = { actions = ["lambda:InvokeFunction"], resources = [local.invoked_arns["task_lost"]] }
    report_undelivered      = { actions = ["sqs:SendMessage"], resources = [local.queue_arns["undelivered"]] }
    consume_starts          = { actions = local.consume, resources = [local.queue_arns["starts"]] }
    consume_tasks           = { actions = local.consume, resources = [local.queue_arns["tasks"]] }
    consume_reports = {
      actions   = local.consume
      resources = [for door in local.doors : local.queue_arns["reports"] if door == "queue"]
    }
    consume_dead_letters = {
      actions   = local.consume
      resources = [for queue in ["tasks_dead", "notifications_dead"] : local.queue_arns[queue] if contains(keys(local.queues), queue)]
    }
    send_tasks          = { actions = ["sqs:SendMessage"], resources = [local.queue_arns["tasks"]] }
    publish_tasks       = { actions = ["sns:Publish"], resources = [local.topic_arns["tasks"]] }
    publish_approvals   = { actions = ["sns:Publish"], resources = [local.topic_arns["approvals"]] }
    read_webhook_secret = { actions = ["secretsmanager:GetSecretValue"], resources = var.approval.webhook_secret_arn[*] }
    read_page_url = {
      actions   = ["ssm:GetParameter"]
      resources = [for name in var.approval.url_parameter[*] : "${local.arn.ssm}:parameter/${trimprefix(name, "/")}"]
    }
    look_up_page = {
      actions   = ["lambda:GetFunctionUrlConfig"]
      resources = local.page_is_at_its_url ? [local.function_arns["page"], local.invoked_arns["page"]] : []
    }
  }

  # What the places of results begin with that a report may name: "scans/" for a bucket, "scans/out/" for a folder in it.
  result_places = local.has_pending ? [for place in sort(compact(var.pending.result_buckets)) : "${place}/"] : []

  # What the keys of items begin with: a job's id with its time, lambda_src/sfn_callback/ids.py, and what
  # approvals/store.py and documents/chunk_tokens.py say. All of these actions name their items' keys, so that there is always
  # something to compare.
  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
  leading = {
    for items, prefixes in {
      fanins = ["20*"], approvals = ["approval#*"], asked = ["approval#*", "wait#*"], with_secret = ["20*", "chunk-tokens"]
    } :
    items => { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = prefixes } }
  }

  # Whose tokens a function answers. A machine of the caller's waits for another workflow than documents, whose state calls the
  # module's machine. The list may be long, so it stands in one statement with all that is granted on it.
  answering = ["resume", "fail"]
  joining   = ["heartbeat", "list_running"]
  answered = {
    for handler, function in local.functions : handler => concat(
      [for workflow in sort(local.wanted) : local.machine_arns[workflow] if contains(function.workflows, workflow)],
      [for arn in local.resume_these : arn if arn == "*" || length(setsubtract(function.workflows, ["documents"])) > 0],
    )
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  consume = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]

  page_is_at_its_url = var.approval.url == null && var.approval.url_parameter == null

  # X-Ray has no resources to name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
  tracing_statements = !var.xray_tracing ? [] : [{
    Sid      = "SendTraces", Effect = "Allow"
    Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"]
    Resource = ["*"]
  }]
  # Both are also what it takes to send to an encrypted queue, which Lambda does with the role of a function that failed:
  # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#send-to-encrypted-queue
  # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
  # Who asks is a service, in the name of the role:
  # https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
  domains  = distinct(["${local.region}.amazonaws.com", "${local.region}.${data.aws_partition.current.dns_suffix}"])
  key_arns = distinct(concat(var.kms_key_arn[*], local.bucket_key_arns))
  key_statements = { for user, services in {
    function = ["dynamodb", "lambda", "s3", "secretsmanager", "sns", "sqs", "states"]
    worker   = concat(["sqs", "states"], local.has_durable ? ["lambda"] : [])
    queue    = ["sqs"]
    topic    = ["sns"]
    reporter = [for door, service in { queue = "sqs", topic = "sns" } : service if contains(local.doors, door)]
    } : user => length(local.key_arns) * length(services) == 0 ? [] : [{
      Sid       = "UseKey", Effect = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = local.key_arns
      Condition = { StringEquals = { "kms:ViaService" = [for at in setproduct(services, local.domains) : join(".", at)] } }
  }] }
  # Step Functions itself uses a machine's key without being named so, and fails where that is asked for:
  # https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
  machine_key_statements = { for workflow in keys(local.machines) : workflow => [for key in var.kms_key_arn[*] : merge(
    {
      Sid       = "UseMachinesKey", Effect = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = [key]
      Condition = { StringEquals = { "kms:EncryptionContext:aws:states:stateMachineArn" = local.machine_arns[workflow] } }
    },
    workflow != "parts" ? {} : {
      Condition = { StringLike = { "kms:EncryptionContext:aws:states:stateMachineArn" = local.maps_arns } }
    },
  )] }
  # A Map state has an ARN below its machine's, and whether it acts under that is not said.
  # https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html
  maps_arns = [local.machine_arns["parts"], "${local.machine_arns["parts"]}/*"]

  # What Lambda needs to put a function into a network, and the function's own code does not. Network interfaces have no
  # names before they are there: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
  network_actions = [
    "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
  ]
  network_statements = {
    for handler in keys(local.functions) : handler => [for statement in [
      { Sid = "JoinNetwork", Effect = "Allow", Action = local.network_actions, Resource = ["*"] },
      {
        Sid       = "RefuseNetworkToCode", Effect = "Deny"
        Action    = local.network_actions
        Resource  = ["*"]
        Condition = { ArnLike = { "lambda:SourceFunctionArn" = [local.function_arns[handler], "${local.function_arns[handler]}:*"] } }
      },
    ] : statement if var.vpc != null]
  }

  statements = {
    for grant, row in local.grants : grant => merge(
      {
        Sid      = join("", [for word in split("_", grant) : title(word)]), Effect = "Allow"
        Action   = row.actions
        Resource = row.resources
      },
      try({ Condition = row.condition }, {}),
      # The account whose bucket it is: a bucket's name may be another's once it has been deleted.
      # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
      !startswith(row.actions[0], "s3:") ? {} : {
        Condition = merge(try(row.condition, {}), { StringEquals = { "aws:ResourceAccount" = local.account_id } })
      },
    )
  }

  function_statements = {
    for handler, function in local.functions : handler => concat(
      [{
        Sid      = "WriteLogs", Effect = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${local.arn.logs}:log-group:${local.log_group_names[handler]}:*"]
      }],
      [for grant in function.may : merge(local.statements[grant], !contains(local.answering, grant) ? {} : {
        Action   = flatten([for also in function.may : local.grants[also].actions if contains(concat([grant], local.joining), also)])
        Resource = local.answered[handler]
      }) if length(local.grants[grant].resources) > 0 && !contains(local.joining, grant)],
      local.durable_statements[handler],
      local.tracing_statements,
      local.key_statements.function,
      local.network_statements[handler],
      # A function that somebody else puts under this role may do nothing. Lambda sets the key for what a function's code
      # asks for, and leaves it out of what it does with the role itself, such as reading a queue:
      # https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
      [{
        Sid      = "RefuseOtherFunctions", Effect = "Deny"
        Action   = ["*"]
        Resource = ["*"]
        Condition = {
          Null       = { "lambda:SourceFunctionArn" = "false" }
          ArnNotLike = { "lambda:SourceFunctionArn" = [local.function_arns[handler], "${local.function_arns[handler]}:*"] }
        }
      }],
    )
  }

  # What it takes to hand work out, for the module's machine and for one of the caller's.
  calling_statements = {
    for workflow, machine in local.machines : workflow => concat(
      length(machine.invokes) == 0 ? [] : [{
        Sid      = "InvokeFunctions", Effect = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [for handler in machine.invokes : local.invoked_arns[handler]]
      }],
      [for grant in machine.may : local.statements[grant]],
      try(local.key_statements[workflow], []),
    )
  }

  # A Map Run starts executions of its own machine, and each of them one of the documents machine. None is redriven by AWS: the
  # Map's failure is caught. https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
  # https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
  # Who starts and follows executions uses their machine's key. No policy takes one Sid twice.
  parts_key_statements = [for statement in try(local.machine_key_statements["documents"], []) : merge(statement, { Sid = "UsePartsKey" })]
  parts_statements = concat(local.nesting_statements["documents"], local.parts_key_statements, [
    { Sid = "StartItems", Effect = "Allow", Action = ["states:StartExecution"], Resource = [local.machine_arns["parts"]] },
    {
      Sid      = "FollowItems", Effect = "Allow"
      Action   = ["states:DescribeExecution", "states:StopExecution"]
      Resource = ["${replace(local.machine_arns["parts"], ":stateMachine:", ":execution:")}:*"]
    },
  ])

  machine_statements = {
    for workflow in keys(local.machines) : workflow => concat(
      local.calling_statements[workflow],
      [for statement in local.parts_statements : statement if workflow == "parts"],
      local.machine_key_statements[workflow],
      # Log delivery has no resources to name: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
      [{
        Sid = "DeliverLogs", Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
          "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
        ]
        Resource = ["*"]
      }],
      local.tracing_statements,
    )
  }

  # Who has a role.
  principals = concat(keys(local.handlers), keys(local.workflows))
  roles      = merge(aws_iam_role.functions, aws_iam_role.machines)
  role_arns  = merge({ for principal, role in local.roles : principal => role.arn }, var.role_arns)

  # What the roles need, the module's and those of the caller's: it depends on no role.
  role_policies = {
    for principal, statements in merge(local.function_statements, local.machine_statements) :
    principal => jsonencode({ Version = "2012-10-17", Statement = statements })
  }
}

resource "aws_iam_role" "functions" {
  for_each = { for handler, function in local.functions : handler => function if !contains(local.their_roles, handler) }

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
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "functions" {
  for_each = aws_iam_role.functions

  name   = "handler"
  role   = each.value.id
  policy = local.role_policies[each.key]

  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
  lifecycle {
    precondition {
      condition = length(local.role_policies[each.key]) <= 10240
      error_message = join(" ", [
        "The policy of ${each.key} would be longer than the 10,240 characters that IAM takes in all of a role's inline policies, yours",
        "included: name fewer machines in resume_resources, or many by what their names begin with, such as \"…:stateMachine:orders-*\",",
        "and fewer functions in durable_functions.",
      ])
    }
  }
}

resource "aws_iam_role" "machines" {
  for_each = { for workflow, machine in local.machines : workflow => machine if !contains(local.their_roles, workflow) }

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
      Condition = merge(
        {
          StringEquals = { "aws:SourceAccount" = local.account_id }
          ArnEquals    = { "aws:SourceArn" = local.machine_arns[each.key] }
        },
        each.key != "parts" ? {} : { ArnEquals = { "aws:SourceArn" = local.maps_arns } },
      )
    }]
  })
}

resource "aws_iam_role_policy" "machines" {
  for_each = aws_iam_role.machines

  name   = "machine"
  role   = each.value.id
  policy = local.role_policies[each.key]
}
