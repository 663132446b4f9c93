# What changes when the inputs do.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws-cn", dns_suffix = "amazonaws.com.cn" }
  }
  mock_data "aws_service_principal" {
    defaults = { region = "cn-north-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  name = "docs"
}

run "without_a_workflow_there_is_nothing" {
  command = plan

  variables {
    workflows = []
  }

  assert {
    condition     = length(aws_lambda_function.this) + length(aws_s3_bucket.this) + length(aws_dynamodb_table.ledger) + length(aws_sqs_queue.this) + length(aws_iam_role.functions) + length(aws_iam_role.machines) == 0
    error_message = "No workflow, no resource."
  }
  assert {
    condition     = output.bucket == null && output.table == null && output.state_machine_arns == {} && output.function_names == {} && output.log_group_names == {} && output.queue_url == null && output.topic_arn == null && output.worker_policy == null && output.start_url == null && output.callback_states == {} && output.callback_policies == {} && output.durable == null && output.page_url == null && output.approvals_topic_arn == null
    error_message = "The outputs are empty, and none fails."
  }
}

run "another_partition_is_in_every_arn" {
  command = plan

  variables {
    workflows         = ["documents", "direct", "queue", "topic", "approval"]
    http_start        = true
    durable_functions = ["arn:aws-cn:lambda:cn-north-1:123456789012:function:theirs"]
  }

  assert {
    condition = alltrue([for text in concat(
      [for machine in aws_sfn_state_machine.this : machine.definition],
      [for policy in concat(values(aws_iam_role_policy.functions), values(aws_iam_role_policy.machines)) : policy.policy],
      [for role in concat(values(aws_iam_role.functions), values(aws_iam_role.machines)) : role.assume_role_policy],
      [for queue in aws_sqs_queue.this : queue.policy],
      [for permission in aws_lambda_permission.bucket : permission.source_arn],
      [for function in aws_lambda_function.this : jsonencode(function.environment[0].variables)],
      [for config in aws_lambda_function_event_invoke_config.this : jsonencode(config.destination_config)],
      [aws_s3_bucket_policy.this[0].policy, aws_sns_topic.this["tasks"].policy, aws_sns_topic.this["approvals"].policy, output.worker_policy, jsonencode(output.durable), jsonencode(output.callback_states), jsonencode(output.callback_policies)],
    ) : !strcontains(text, "arn:aws:") && !strcontains(text, "amazonaws.com/")])
    error_message = "Every ARN and URL names its own partition."
  }
  assert {
    condition     = aws_lambda_function_url.this["http_start"].authorization_type == "AWS_IAM"
    error_message = "Who starts an execution signs for IAM."
  }
}

run "the_callers_choices_reach_every_resource" {
  command = plan

  variables {
    resume_resources     = ["arn:aws-cn:states:cn-north-1:123456789012:stateMachine:mine"]
    package              = { bucket = "artifacts", key = "mine.zip", version = "3" }
    kms_key_arn          = "arn:aws-cn:kms:cn-north-1:123456789012:key/1234"
    xray_tracing         = true
    role_path            = "/pipelines/"
    permissions_boundary = "arn:aws-cn:iam::123456789012:policy/boundary"
    tags                 = { Team = "data" }
    wait                 = { max_rounds = 20, round_seconds = 1200, job_seconds = 86400 }
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.functions["process"].policy).Statement : statement.Resource if statement.Sid == "Resume"
    ] == [["arn:aws-cn:states:cn-north-1:123456789012:stateMachine:docs-documents"]]
    error_message = "A caller's machine never waits for chunks, and who processes them cannot resume it."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.filename == null && function.s3_bucket == "artifacts" && function.s3_key == "mine.zip" && function.s3_object_version == "3"])
    error_message = "The functions take the package from S3."
  }
  assert {
    condition = alltrue(concat(
      [for group in concat(values(aws_cloudwatch_log_group.functions), values(aws_cloudwatch_log_group.machines)) : group.kms_key_id == var.kms_key_arn],
      [for function in aws_lambda_function.this : function.kms_key_arn == var.kms_key_arn],
      [for machine in aws_sfn_state_machine.this : machine.encryption_configuration[0].kms_key_id == var.kms_key_arn],
      [aws_dynamodb_table.ledger[0].server_side_encryption[0].kms_key_arn == var.kms_key_arn],
      [aws_sqs_queue.this["undelivered"].kms_master_key_id == var.kms_key_arn],
      [for rule in aws_s3_bucket_server_side_encryption_configuration.this[0].rule : rule.apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn],
    ))
    error_message = "Every store uses the key."
  }
  assert {
    condition     = alltrue([for policy in concat(values(aws_iam_role_policy.functions), values(aws_iam_role_policy.machines)) : anytrue([for statement in jsondecode(policy.policy).Statement : contains(["UseKey", "UseMachinesKey"], statement.Sid)])])
    error_message = "Every role may use the key."
  }
  assert {
    condition     = aws_sfn_state_machine.this["documents"].tracing_configuration[0].enabled && alltrue([for function in aws_lambda_function.this : function.tracing_config[0].mode == "Active"])
    error_message = "Machine and functions send traces."
  }
  assert {
    condition     = alltrue([for policy in concat(values(aws_iam_role_policy.functions), values(aws_iam_role_policy.machines)) : anytrue([for statement in jsondecode(policy.policy).Statement : statement.Sid == "SendTraces"])])
    error_message = "Every role may send traces."
  }
  assert {
    condition     = alltrue([for role in concat(values(aws_iam_role.functions), values(aws_iam_role.machines)) : role.path == "/pipelines/" && role.permissions_boundary == var.permissions_boundary])
    error_message = "Every role is under the path and the boundary."
  }
  assert {
    condition = alltrue([
      for resource in concat(
        values(aws_lambda_function.this), values(aws_iam_role.functions), values(aws_iam_role.machines), aws_s3_bucket.this[*], aws_dynamodb_table.ledger[*],
        values(aws_sqs_queue.this), values(aws_cloudwatch_log_group.functions), values(aws_cloudwatch_log_group.machines), values(aws_sfn_state_machine.this),
      ) : resource.tags.Team == "data"
    ])
    error_message = "The tags are everywhere."
  }
  # Each of the longest way's states is entered and left, its last attempt has four events and each before it three; a choice
  # between two rounds has two.
  assert {
    condition = 42 * (6 + sum([
      for retrier in jsondecode(aws_sfn_state_machine.this["documents"].definition).States.AwaitChunks.Retry : 3 * retrier.MaxAttempts
    ])) + 20 * 2 + 4 < 25000
    error_message = "25,000 events are never reached."
  }
  assert {
    condition     = local.throttled_attempts >= 100
    error_message = "A step still waits for free functions."
  }
}

run "the_callers_choices_reach_the_functions" {
  command = plan

  variables {
    workload             = "mine.words"
    package              = { bucket = "artifacts", key = "mine.zip" }
    environment          = { CHUNK_BYTES = "100" }
    memory_mb            = { process = 2048, split = 1769 }
    ephemeral_storage_mb = { process = 4096 }
    timeout_seconds      = { process = 60, split = 300 }
    reserved_concurrency = 7
    runtime              = "python3.11"
    architecture         = "x86_64"
    completion           = { tolerated_failure_count = 3, tolerated_failure_percentage = 1.5 }
    retention_days       = { logs = 7, data = 3 }
    max_chunks           = 110000
    document_suffixes    = [".txt", ".PDF"]
    eventbridge          = true
    wait                 = { round_seconds = 700, max_rounds = 2, job_seconds = 9000 }
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.runtime == "python3.11" && function.architectures == tolist(["x86_64"])])
    error_message = "Runtime and architecture are those that were given."
  }
  assert {
    condition     = aws_lambda_function.this["process"].environment[0].variables["SFN_CALLBACK_RETENTION_DAYS"] == "3"
    error_message = "The functions know the retention."
  }
  assert {
    condition     = aws_lambda_function.this["split"].environment[0].variables["SFN_CALLBACK_MAX_CHUNKS"] == "110000"
    error_message = "The functions know how many chunks a document may have."
  }
  assert {
    condition     = aws_lambda_function.this["start"].environment[0].variables["SFN_CALLBACK_DOCUMENT_SUFFIXES"] == ".PDF .txt"
    error_message = "The functions know what the keys of documents end in."
  }
  assert {
    condition     = aws_s3_bucket_notification.this[0].eventbridge && length(aws_s3_bucket_notification.this[0].lambda_function) + length(aws_s3_bucket_notification.this[0].queue) == 2
    error_message = "The bucket tells EventBridge as well as the function and the queue."
  }
  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.this["documents"].definition).TimeoutSeconds == 9000 &&
      jsondecode(aws_sfn_state_machine.this["documents"].definition).States.AwaitChunks.TimeoutSeconds == 700 &&
      jsondecode(aws_sfn_state_machine.this["documents"].definition).States.RoundsLeft.Choices[0].NumericLessThan == 1
    )
    error_message = "The machine waits as was asked."
  }

  assert {
    condition     = aws_lambda_function.this["process"].memory_size == 2048 && aws_lambda_function.this["process"].timeout == 60 && aws_lambda_function.this["merge"].memory_size == 1024
    error_message = "Memory and timeout are those that were given, and the defaults elsewhere."
  }
  assert {
    condition     = { for handler in ["process", "merge"] : handler => aws_lambda_function.this[handler].ephemeral_storage[0].size } == { process = 4096, merge = 512 }
    error_message = "So is /tmp."
  }
  assert {
    condition     = aws_lambda_function.this["process"].reserved_concurrent_executions == 7 && aws_lambda_function.this["split"].reserved_concurrent_executions == -1
    error_message = "The reservation is the processor's."
  }
  assert {
    condition = (
      aws_lambda_function.this["process"].environment[0].variables["CHUNK_BYTES"] == "100" &&
      aws_lambda_function.this["process"].environment[0].variables["SFN_CALLBACK_WORKLOAD"] == "mine.words" &&
      aws_lambda_function.this["process"].environment[0].variables["SFN_CALLBACK_TOLERATED_FAILURE_COUNT"] == "3" &&
      aws_lambda_function.this["process"].environment[0].variables["SFN_CALLBACK_TOLERATED_FAILURE_PERCENTAGE"] == "1.5"
    )
    error_message = "The environment has the caller's variables and the module's."
  }
  assert {
    condition     = jsondecode(aws_sfn_state_machine.this["documents"].definition).States.Split.TimeoutSeconds == 330
    error_message = "The state waits a little longer than its function."
  }
  assert {
    condition     = alltrue([for group in concat(values(aws_cloudwatch_log_group.functions), values(aws_cloudwatch_log_group.machines)) : group.retention_in_days == 7])
    error_message = "Logs are kept as long as was asked."
  }
}

run "tasks_are_done_as_was_asked" {
  command = plan

  variables {
    workflows       = ["direct", "queue", "topic"]
    timeout_seconds = { queue_worker = 700, topic_worker = 30, dead_letter = 90 }
    task            = { timeout_seconds = 21600, heartbeat_seconds = 60, maximum_concurrency = 3, large_outputs = "fail" }
  }

  assert {
    condition     = { for queue, made in aws_sqs_queue.this : queue => made.visibility_timeout_seconds } == { tasks = 4200, tasks_dead = 540, notifications_dead = 540, undelivered = 30 }
    error_message = "A message stays hidden for six times the timeout of the function that works on it."
  }
  assert {
    condition     = aws_lambda_event_source_mapping.this["tasks"].scaling_config[0].maximum_concurrency == 3
    error_message = "The queue's worker is capped as was asked."
  }
  assert {
    condition = alltrue(flatten([
      for machine in aws_sfn_state_machine.this : [
        for state in jsondecode(machine.definition).States : state.HeartbeatSeconds == 60 && state.TimeoutSeconds == 21600 if state.Type == "Task"
      ]
    ]))
    error_message = "Every waiting state has the heartbeat."
  }
  assert {
    condition     = jsondecode(aws_sfn_state_machine.this["queue"].definition).States.AwaitWorker.Parameters.MessageBody.heartbeat_seconds == 60
    error_message = "The worker is told how often it is to be heard."
  }
  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.functions : !strcontains(policy.policy, "s3:")])
    error_message = "A worker writes nothing."
  }
  assert {
    condition = { for statement in jsondecode(output.worker_policy).Statement : join(" ", statement.Resource) => join(" ", sort(statement.Action)) } == {
      "arn:aws-cn:sqs:cn-north-1:123456789012:docs-tasks"                 = "sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage"
      "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:docs-queue" = "states:SendTaskFailure states:SendTaskHeartbeat states:SendTaskSuccess"
    }
    error_message = "The policy names this queue and this machine."
  }
}
