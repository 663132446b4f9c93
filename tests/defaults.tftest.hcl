# What the module makes when it is given a name and nothing else.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name = "docs"
}

run "a_name_and_nothing_else" {
  command = plan

  assert {
    condition     = keys(aws_sfn_state_machine.this) == ["documents"]
    error_message = "The documents workflow is the default."
  }
  assert {
    condition     = aws_s3_bucket.this[0].bucket == "docs-123456789012-eu-central-1"
    error_message = "The bucket's name holds account and region, so that it is one of its kind."
  }
  assert {
    condition     = !aws_s3_bucket.this[0].force_destroy && aws_dynamodb_table.ledger[0].deletion_protection_enabled
    error_message = "Data is not deleted unless that is asked for."
  }
  assert {
    condition     = aws_lambda_function.this["split"].environment[0].variables["SFN_CALLBACK_MAX_CHUNKS"] == "100000"
    error_message = "A document has at most 100,000 chunks unless more are asked for."
  }
  assert {
    condition     = aws_sfn_state_machine.this["documents"].type == "STANDARD"
    error_message = "Express machines cannot wait for a task token."
  }
  assert {
    condition     = aws_sfn_state_machine.this["documents"].logging_configuration[0].include_execution_data == false
    error_message = "Execution data holds task tokens."
  }
  assert {
    condition     = aws_sfn_state_machine.this["documents"].tracing_configuration[0].enabled == false
    error_message = "X-Ray is off unless it is asked for."
  }
  assert {
    condition = alltrue([
      for handler, role in aws_iam_role_policy.functions : alltrue([
        for statement in jsondecode(role.policy).Statement :
        statement.Resource == ["arn:aws:states:eu-central-1:123456789012:stateMachine:docs-documents"] if statement.Sid == "Resume"
      ])
    ])
    error_message = "SendTask* is granted on the module's own state machines."
  }
  assert {
    condition = toset([
      for handler, role in aws_iam_role_policy.functions : handler
      if anytrue([for statement in jsondecode(role.policy).Statement : statement.Sid == "Resume"])
    ]) == toset(["process", "chunk_failed", "await_chunks"])
    error_message = "Exactly the handlers that may see a verdict may send it."
  }
  assert {
    condition = alltrue([
      for handler, function in aws_lambda_function.this :
      aws_iam_role.functions[handler].name == "docs-eu-central-1-${replace(handler, "_", "-")}" && function.logging_config[0].log_group == "/aws/lambda/${function.function_name}"
    ])
    error_message = "One role and one log group for each function."
  }
  assert {
    condition     = output.durable == null && !strcontains(jsonencode(output.role_policies), "Durable")
    error_message = "Only state machines are answered unless durable functions are named."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.logging_config[0].log_format == "JSON"])
    error_message = "Functions log JSON."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.runtime == "python3.13" && function.architectures == tolist(["arm64"])])
    error_message = "The default runtime is python3.13 on arm64."
  }
  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.functions : group.retention_in_days == 30])
    error_message = "Logs are kept for 30 days."
  }
  assert {
    condition     = aws_lambda_function_event_invoke_config.this["process"].destination_config[0].on_failure[0].destination == "arn:aws:lambda:eu-central-1:123456789012:function:docs-chunk-failed:live"
    error_message = "A chunk that cannot be processed is reported as failed."
  }
  assert {
    condition     = alltrue([for config in aws_lambda_function_event_invoke_config.this : config.maximum_retry_attempts == 2])
    error_message = "An event has three attempts."
  }
  assert {
    condition     = jsondecode(aws_sqs_queue.this["undelivered"].policy).Statement[0].Effect == "Deny"
    error_message = "The queue refuses plain HTTP."
  }
  assert {
    condition     = alltrue([for handler in ["start", "chunk_failed"] : aws_lambda_function_event_invoke_config.this[handler].destination_config[0].on_failure[0].destination == "arn:aws:sqs:eu-central-1:123456789012:docs-undelivered"])
    error_message = "What cannot be delivered is kept in a queue."
  }
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this[0].block_public_acls,
      aws_s3_bucket_public_access_block.this[0].block_public_policy,
      aws_s3_bucket_public_access_block.this[0].ignore_public_acls,
      aws_s3_bucket_public_access_block.this[0].restrict_public_buckets,
    ])
    error_message = "Public access is blocked."
  }
  assert {
    condition = { for statement in jsondecode(aws_s3_bucket_policy.this[0].policy).Statement : statement.Sid => [statement.Effect, statement.Principal, statement.Action] } == {
      RefusePlainHttp     = ["Deny", "*", "s3:*"]
      RefuseOtherAccounts = ["Deny", "*", "s3:*"]
    }
    error_message = "Plain HTTP and other accounts are refused."
  }
  assert {
    condition     = aws_s3_bucket_ownership_controls.this[0].rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "The bucket's owner owns what is in it."
  }
  assert {
    condition     = aws_s3_bucket_versioning.this[0].versioning_configuration[0].status == "Enabled"
    error_message = "The bucket keeps versions."
  }
  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.filter[0].prefix => rule.expiration[0].days
      if contains(["chunks", "results", "failures", "outputs"], rule.id)
    } == { "chunks/" = 14, "results/" = 14, "failures/" = 14, "outputs/" = 14 }
    error_message = "Chunks, results, reports and large outputs expire."
  }
  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.filter[0].prefix => rule.noncurrent_version_expiration[0].noncurrent_days
      if length(rule.expiration) == 0
    } == { "documents/" = 14, "merged/" = 14 }
    error_message = "Documents and merged results do not expire; what was deleted of them does."
  }
  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.abort_incomplete_multipart_upload[0].days_after_initiation
      if rule.id == "leftovers"
    ] == [1]
    error_message = "Unfinished uploads are aborted."
  }
  assert {
    condition     = [for notified in aws_s3_bucket_notification.this[0].lambda_function : "${notified.filter_prefix} ${notified.id}"] == ["chunks/ process"]
    error_message = "A new chunk is processed."
  }
  assert {
    condition     = [for told in aws_s3_bucket_notification.this[0].queue : "${told.filter_prefix} ${told.id} ${join(" ", told.events)}"] == ["documents/ start s3:ObjectCreated:*"]
    error_message = "A new document waits for its start in a queue."
  }
  assert {
    condition     = !aws_s3_bucket_notification.this[0].eventbridge
    error_message = "EventBridge costs money, so it is told of nothing unless that is asked for."
  }
  assert {
    condition     = !can(aws_lambda_function.this["start"].environment[0].variables["SFN_CALLBACK_DOCUMENT_SUFFIXES"])
    error_message = "Every document starts an execution unless suffixes are named."
  }
  assert {
    condition = alltrue([
      for permission in aws_lambda_permission.bucket :
      permission.principal == "s3.amazonaws.com" && permission.source_arn == "arn:aws:s3:::docs-123456789012-eu-central-1" && permission.source_account == "123456789012"
    ]) && keys(aws_lambda_permission.bucket) == ["process"]
    error_message = "Only this bucket may invoke the function, and it invokes no other."
  }
  assert {
    condition     = aws_dynamodb_table.ledger[0].billing_mode == "PAY_PER_REQUEST" && aws_dynamodb_table.ledger[0].point_in_time_recovery[0].enabled && aws_dynamodb_table.ledger[0].ttl[0].attribute_name == "expires"
    error_message = "The ledger is on demand, can be restored and forgets."
  }
  assert {
    condition = (
      aws_lambda_event_source_mapping.this["starts"].scaling_config[0].maximum_concurrency == 2 && aws_lambda_event_source_mapping.this["starts"].batch_size == 10 &&
      aws_lambda_event_source_mapping.this["starts"].function_response_types == toset(["ReportBatchItemFailures"])
    )
    error_message = "It is started by two functions at once, ten at a time, each judged by itself."
  }
  assert {
    condition = (
      aws_sqs_queue.this["starts"].name == "docs-starts" && aws_sqs_queue.this["starts"].message_retention_seconds == 1209600 &&
      keys(aws_sqs_queue_redrive_policy.this) == ["starts"] && local.queues["starts"].dead_letter == "undelivered" &&
      local.queues["starts"].receives * aws_sqs_queue.this["starts"].visibility_timeout_seconds == 4 * 3600
    )
    error_message = "A document outlasts four hours of throttling, and then a person is told."
  }
  assert {
    condition = {
      for statement in jsondecode(aws_sqs_queue.this["starts"].policy).Statement : statement.Sid => [statement.Principal.Service, statement.Action, statement.Condition]
      if statement.Effect == "Allow"
      } == {
      NewInDocuments = ["s3.amazonaws.com", "sqs:SendMessage", {
        ArnEquals    = { "aws:SourceArn" = "arn:aws:s3:::docs-123456789012-eu-central-1" }
        StringEquals = { "aws:SourceAccount" = "123456789012" }
      }]
    }
    error_message = "Only this bucket may send to the queue."
  }
  assert {
    condition = (
      !contains(keys(aws_lambda_function.this), "report") && keys(aws_sqs_queue.this) == ["starts", "undelivered"] &&
      length(aws_sns_topic.this) + length(aws_lambda_function_url.this) + length(aws_lambda_permission.reporters) == 0
    )
    error_message = "No chunk is pending unless that is asked for: there is no function to report to, and no door."
  }
  assert {
    condition = (
      !strcontains(output.role_policies["process"], "chunk-tokens") && !strcontains(output.role_policies["process"], "dynamodb:GetItem") &&
      length([for name in keys(aws_lambda_function.this["process"].environment[0].variables) : name if can(regex("PENDING|REPORT|RESULT_BUCKETS", name))]) == 0
    )
    error_message = "The function process makes no chunk's token."
  }
  assert {
    condition     = output.reports == null && output.reporter_policy == null
    error_message = "There is nothing to report to."
  }
  assert {
    condition     = output.role_policies == merge({ for handler, policy in aws_iam_role_policy.functions : handler => policy.policy }, { for workflow, policy in aws_iam_role_policy.machines : workflow => policy.policy })
    error_message = "The policies that are told are those that the module's own roles have."
  }
  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.functions : !strcontains(policy.policy, "ec2:")]) && alltrue([for function in aws_lambda_function.this : length(function.vpc_config) == 0])
    error_message = "No network, no permission."
  }
  assert {
    condition     = length(aws_cloudwatch_event_rule.sweep) == 0
    error_message = "Nothing is swept unless that is asked for."
  }
}

run "every_workflow_by_its_defaults_is_the_golden_one" {
  command = plan

  variables {
    workflows  = ["documents", "direct", "queue", "topic", "approval"]
    http_start = true
    sweep      = {}
  }

  assert {
    condition     = alltrue([for workflow, machine in aws_sfn_state_machine.this : jsondecode(machine.definition) == jsondecode(file("tests/golden/${workflow}.asl.json"))])
    error_message = "A template in states/ renders another machine than tests/golden/ has. If that is meant: make golden."
  }
  assert {
    condition     = jsondecode(jsonencode(output.callback_states)) == jsondecode(file("tests/golden/callback_states.json"))
    error_message = "The states for machines of the callers' own are not those of tests/golden/. If that is meant: make golden."
  }
  assert {
    condition = { for handler, function in aws_lambda_function.this : handler => jsondecode(function.environment[0].variables["SFN_CALLBACK_MANIFEST"]) } == {
      for handler, own in jsondecode(file("tests/golden/manifest.json")).each : handler => merge(own, jsondecode(file("tests/golden/manifest.json")).every)
    }
    error_message = "What the functions say of themselves is not what tests/golden/ has. If that is meant: make golden."
  }
  assert {
    condition     = { for queue, row in local.queues : queue => row.receives } == { starts = 40, tasks = 5, tasks_dead = 10, notifications_dead = 5, undelivered = null }
    error_message = "Receipts count over all queues."
  }
  assert {
    condition     = alltrue([for queue, row in local.consumed : aws_sqs_queue.this[queue].visibility_timeout_seconds >= 6 * aws_lambda_function.this[row.handler].timeout])
    error_message = "A message stays hidden for six times the timeout of the function that works on it."
  }
  assert {
    condition     = alltrue([for mapping in aws_lambda_event_source_mapping.this : mapping.function_response_types == toset(["ReportBatchItemFailures"])]) && aws_lambda_event_source_mapping.this["tasks"].scaling_config[0].maximum_concurrency == 10
    error_message = "Batches can fail in part, and the queue's worker is capped."
  }
}

run "the_machine_of_parts_is_the_golden_one" {
  command = plan

  variables {
    parts = {}
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this["parts"].definition) == jsondecode(file("tests/golden/parts.asl.json"))
    error_message = "states/parts.asl.json renders another machine than tests/golden/ has. If that is meant: make golden."
  }
  assert {
    condition     = contains([for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.id], "parts")
    error_message = "What parts are combined to is kept as long as data is."
  }
}
