output "state_machine_arns" {
  description = "ARNs of the state machines, by workflow."
  value       = !local.created ? null : { for workflow, machine in aws_sfn_state_machine.this : workflow => machine.arn }

  depends_on = [
    aws_s3_bucket_notification.this, aws_cloudwatch_event_target.bucket, aws_lambda_event_source_mapping.this,
    aws_sns_topic_subscription.worker, aws_cloudformation_stack.public,
  ]
}

output "bucket" {
  description = <<-EOT
    Name of the bucket, the module's or yours: drop documents under `documents/`, find results under `merged/`, both below the `prefix` of a
    bucket of yours. `null` where no workflow stores anything.
  EOT
  value       = !local.created ? null : local.own_bucket ? one(aws_s3_bucket.this[*].id) : var.bucket.name

  # A document that is dropped in the same apply must find the notification, or the rules, in place.
  depends_on = [aws_s3_bucket_notification.this, aws_cloudwatch_event_target.bucket]
}

output "table" {
  description = "Name of the DynamoDB table that is the ledger. `null` where no workflow stores anything."
  value       = one(aws_dynamodb_table.ledger[*].name)
}

output "function_names" {
  description = "Names of the functions, by handler."
  value       = !local.created ? null : { for handler, function in aws_lambda_function.this : handler => function.function_name }

  precondition {
    condition = length(setsubtract(concat(
      keys(var.packages), local.their_images, keys(var.memory_mb), keys(var.ephemeral_storage_mb), keys(var.timeout_seconds),
      keys(var.versions.live), local.snap_started
    ), keys(local.handlers))) == 0
    error_message = join(" ", [
      "The keys of packages, images, memory_mb, ephemeral_storage_mb, timeout_seconds and versions.live, and the names in",
      "versions.snap_start, must be functions: ${join(", ", keys(local.handlers))}.",
    ])
  }
  precondition {
    condition     = alltrue([for handler, seconds in local.timeouts : seconds >= 10 if endswith(handler, "_worker")])
    error_message = "The timeout_seconds of a worker must be at least 10: its last three seconds are for telling the machine."
  }
  precondition {
    condition = local.environment_bytes <= 4096
    error_message = join(" ", [
      "The environment must be shorter: with the module's own variables it would have more than the 4 KB that a function takes.",
      "Put long values into a parameter, and its name into the environment; and of durable_functions name fewer.",
    ])
  }
  precondition {
    condition     = local.timeouts["start"] >= 30
    error_message = "The timeout_seconds of start must be at least 30: a request is tried for 20, and in the last 5 nothing begins."
  }
  precondition {
    condition     = local.timeouts["sweep"] >= 60
    error_message = "The timeout_seconds of sweep must be at least 60: in its last 30 seconds nothing more is begun."
  }
}

output "function_versions" {
  description = <<-EOT
    Versions that the alias `live` points to, by handler: what to note before an upgrade, and to put into `versions.live` to go back. Empty
    without `versions.publish`.
  EOT
  value = !local.created ? null : {
    for handler, alias in aws_lambda_alias.live : handler => alias.function_version if var.versions.publish
  }
}

output "log_group_names" {
  description = "Names of the log groups: of the functions by handler, of the state machines by workflow."
  value       = !local.created ? null : merge(local.log_group_names, local.machine_log_group_names)
}

output "role_names" {
  description = <<-EOT
    Names of the roles that the module made, by handler and by workflow: attach what your workload needs, or the states of a definition of
    yours.
  EOT
  value       = !local.created ? null : { for principal, role in local.roles : principal => role.name }
}

output "role_policies" {
  description = <<-EOT
    IAM policies (JSON), by handler and by workflow, for roles of your own in `role_arns`. lambda.amazonaws.com must be allowed to assume
    the former, states.amazonaws.com the latter.
  EOT
  value       = !local.created ? null : local.role_policies

  precondition {
    condition     = length(setsubtract(concat(keys(var.role_arns), keys(var.log_group_names)), local.principals)) == 0
    error_message = "The keys of role_arns and log_group_names must be functions or workflows: ${join(", ", local.principals)}."
  }
}

output "alarm_arns" {
  description = "ARNs of the alarms, by what they watch. Empty without `alarms`."
  value       = !local.created ? null : { for alarm, made in aws_cloudwatch_metric_alarm.this : alarm => made.arn }

  precondition {
    condition     = length(setsubtract(local.left_out_alarms, keys(local.all_alarms))) == 0
    error_message = "The alarms to leave out must be some of these: ${join(", ", keys(local.all_alarms))}."
  }
}

output "queue_url" {
  description = "URL of the queue that the workflow `queue` puts tasks into. `null` without that workflow."
  value       = contains(keys(local.queues), "tasks") ? aws_sqs_queue.this["tasks"].url : null
}

output "topic_arn" {
  description = "ARN of the topic that the workflow `topic` publishes tasks to. `null` without that workflow."
  value       = contains(keys(local.topics), "tasks") ? aws_sns_topic.this["tasks"].arn : null
}

output "approvals_topic_arn" {
  description = <<-EOT
    ARN of the topic that the workflow `approval` publishes its questions to: subscribe the approvers. `null` without that
    workflow.
  EOT
  value       = contains(keys(local.topics), "approvals") ? aws_sns_topic.this["approvals"].arn : null
}

output "page_url" {
  description = "Function URL of the page where approvals are decided. `null` without the workflow `approval`."
  value       = try(aws_lambda_function_url.this["page"].function_url, null)

  depends_on = [aws_cloudformation_stack.public]
}

output "page_function_arn" {
  description = <<-EOT
    ARN of the alias `live` of the page's function: what a load balancer or an API in front of the page invokes, by a permission of yours
    with the qualifier `live`. `null` without the workflow `approval`.
  EOT
  value       = contains(keys(local.functions), "page") ? aws_lambda_alias.live["page"].arn : null
}

output "start_url" {
  description = <<-EOT
    Function URL whose `GET /start` starts an execution of the workflow `direct`. Callers need `lambda:InvokeFunctionUrl` and
    `lambda:InvokeFunction` on the function, and sign their requests. `null` unless `http_start` is set.
  EOT
  value       = try(aws_lambda_function_url.this["http_start"].function_url, null)
}

output "callback_states" {
  description = <<-EOT
    Task states for a state machine of your own, by workflow, as `jsonpath` and as `jsonata`: add `Next`, and `Catch` what can fail. Their
    input is the task. Your machine's ARN must be in `resume_resources`, but for `documents`.
  EOT
  value = !local.created ? null : {
    for workflow in keys(local.fragments) : workflow => { jsonpath = local.fragments[workflow], jsonata = local.jsonata[workflow] }
  }
}

output "callback_policies" {
  description = "IAM policies (JSON), by workflow, for the role of a state machine that has a state of `callback_states`."
  value = !local.created ? null : {
    for workflow, statements in local.caller_statements : workflow => jsonencode({ Version = "2012-10-17", Statement = statements })
  }
}

output "worker_policy" {
  description = <<-EOT
    IAM policy (JSON) for a worker of your own, outside Lambda: consume the queue, answer the tokens. `null` without the workflow `queue`.
  EOT
  value = !contains(local.wanted, "queue") ? null : jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "ConsumeTasks", Effect = "Allow"
        Action   = concat(local.consume, ["sqs:ChangeMessageVisibility"])
        Resource = [local.queue_arns["tasks"]]
      },
      {
        Sid      = "Answer", Effect = "Allow"
        Action   = concat(local.grants.resume.actions, local.grants.heartbeat.actions)
        Resource = concat([local.machine_arns["queue"]], local.resume_these)
      },
    ], local.durable_statements["queue_worker"], local.key_statements.worker)
  })
}

output "durable" {
  description = <<-EOT
    What a function of `durable_functions` needs of the module: `environment`, a variable by which `sfn_callback.durable` finds the module's
    functions, and `policy`, an IAM policy (JSON) for its role to invoke them. The policy is `null` where no workflow has a function to
    invoke, and all is `null` where `durable_functions` is empty.
  EOT
  value = !local.created || !local.has_durable ? null : {
    environment = { SFN_CALLBACK_DURABLE = jsonencode(local.durable_told) }
    policy = length(local.durable_invokes) == 0 ? null : jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid      = "InvokeFunctions", Effect = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [for handler in local.durable_invokes : local.invoked_arns[handler]]
      }]
    })
  }

  # An execution may begin at once: what it meets is there before.
  depends_on = [
    aws_lambda_alias.live, aws_s3_bucket_notification.this, aws_cloudwatch_event_target.bucket, aws_lambda_event_source_mapping.this,
    aws_sns_topic_subscription.worker, aws_cloudformation_stack.public,
  ]

  # Nobody of another account may invoke the module's functions, and each of them asks Lambda in its own region.
  precondition {
    condition = !local.created || alltrue([
      for arn in compact(var.durable_functions) : startswith(arn, "${local.arn.lambda}:function:")
    ])
    error_message = "The durable_functions must be of the module's own account and region: make the module once in each of theirs."
  }
}

output "reports" {
  description = <<-EOT
    Where chunks that are `pending` are reported: `function_arn` (of the alias to invoke) and `function_name`; `queue_url`, `topic_arn` and
    `url`, each `null` where that door is shut. `null` without `pending`.
  EOT
  value = !contains(keys(local.functions), "report") ? null : {
    function_arn  = aws_lambda_alias.live["report"].arn
    function_name = aws_lambda_function.this["report"].function_name
    queue_url     = try(aws_sqs_queue.this["reports"].url, null)
    topic_arn     = try(aws_sns_topic.this["reports"].arn, null)
    url           = try(aws_lambda_function_url.this["report"].function_url, null)
  }

  depends_on = [
    aws_lambda_event_source_mapping.this, aws_sns_topic_subscription.worker, aws_cloudformation_stack.public,
    aws_lambda_permission.reporters,
  ]
}

output "reporter_policy" {
  description = <<-EOT
    IAM policy (JSON) for a role that reports chunks, of this account, or of another account and in `pending.reporters`: it may invoke the
    function, send to the queue and publish to the topic, and read nothing. `null` without `pending`.
  EOT
  value = !contains(keys(local.functions), "report") ? null : jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for sid, door in {
        InvokeReport   = { door = "function", action = "lambda:InvokeFunction", arn = local.invoked_arns["report"] }
        SendReports    = { door = "queue", action = "sqs:SendMessage", arn = local.queue_arns["reports"] }
        PublishReports = { door = "topic", action = "sns:Publish", arn = local.topic_arns["reports"] }
        } : { Sid = sid, Effect = "Allow", Action = [door.action], Resource = [door.arn] }
      if contains(setunion(local.doors, ["function"]), door.door)],
      local.key_statements.reporter,
    )
  })
}
