output "state_machine_arns" {
  description = "ARNs of the state machines, by workflow."
  value       = { for workflow, machine in aws_sfn_state_machine.this : workflow => machine.arn }

  depends_on = [aws_s3_bucket_notification.this, aws_lambda_event_source_mapping.this, aws_sns_topic_subscription.worker, aws_cloudformation_stack.public_page]
}

output "bucket" {
  description = "Name of the bucket: drop documents under `documents/`, find results under `merged/`. `null` where no workflow stores anything."
  value       = one(aws_s3_bucket.this[*].id)

  # A document that is dropped in the same apply must find the notification in place.
  depends_on = [aws_s3_bucket_notification.this]
}

output "table" {
  description = "Name of the DynamoDB table that is the ledger. `null` where no workflow stores anything."
  value       = one(aws_dynamodb_table.ledger[*].name)
}

output "function_names" {
  description = "Names of the functions, by handler."
  value       = { for handler, function in aws_lambda_function.this : handler => function.function_name }

  precondition {
    condition     = length(setsubtract(concat(keys(var.memory_mb), keys(var.timeout_seconds)), keys(local.handlers))) == 0
    error_message = "The keys of memory_mb and timeout_seconds must be functions: ${join(", ", keys(local.handlers))}."
  }
  precondition {
    condition     = alltrue([for handler, seconds in local.timeouts : seconds >= 10 if endswith(handler, "_worker")])
    error_message = "The timeout_seconds of a worker must be at least 10: its last three seconds are for telling the machine."
  }
}

output "log_group_names" {
  description = "Names of the log groups: of the functions by handler, of the state machines by workflow."
  value = merge(
    { for handler, group in aws_cloudwatch_log_group.functions : handler => group.name },
    { for workflow, group in aws_cloudwatch_log_group.machines : workflow => group.name },
  )
}

output "queue_url" {
  description = "URL of the queue that the workflow `queue` puts tasks into. `null` without that workflow."
  value       = one([for queue in ["tasks"] : aws_sqs_queue.this[queue].url if contains(keys(local.queues), queue)])
}

output "topic_arn" {
  description = "ARN of the topic that the workflow `topic` publishes tasks to. `null` without that workflow."
  value       = one([for topic in ["tasks"] : aws_sns_topic.this[topic].arn if contains(keys(local.topics), topic)])
}

output "approvals_topic_arn" {
  description = "ARN of the topic that the workflow `approval` publishes its questions to; subscribe whoever is to be asked. `null` without that workflow."
  value       = one([for topic in ["approvals"] : aws_sns_topic.this[topic].arn if contains(keys(local.topics), topic)])
}

output "page_url" {
  description = "Function URL of the page where approvals are decided. `null` without the workflow `approval`."
  value       = one(aws_lambda_function_url.page[*].function_url)

  depends_on = [aws_cloudformation_stack.public_page]
}

output "start_url" {
  description = "Function URL whose `GET /start` starts an execution of the workflow `direct`; whoever calls it needs `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction` on the function, and signs. `null` unless `http_start` is set."
  value       = one(aws_lambda_function_url.start[*].function_url)
}

output "callback_states" {
  description = "Task states for a state machine of your own, by workflow, as `jsonpath` and as `jsonata`: add `Next`, and `Catch` what can fail. Their input is the task. Your machine's ARN must be in `resume_resources`, but for `documents`."
  value       = { for workflow in keys(local.machines) : workflow => { jsonpath = local.fragments[workflow], jsonata = local.jsonata[workflow] } }
}

output "callback_policies" {
  description = "IAM policies (JSON), by workflow, for the role of a state machine that has a state of `callback_states`."
  value       = { for workflow, statements in local.caller_statements : workflow => jsonencode({ Version = "2012-10-17", Statement = statements }) }
}

output "worker_policy" {
  description = "IAM policy (JSON) for a worker of your own, outside Lambda: consume the queue, answer the tokens. `null` without the workflow `queue`."
  value = !contains(var.workflows, "queue") ? null : jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      { Sid = "ConsumeTasks", Effect = "Allow", Action = concat(local.consume, ["sqs:ChangeMessageVisibility"]), Resource = [local.queue_arns["tasks"]] },
      { Sid = "Answer", Effect = "Allow", Action = concat(local.grants.resume.actions, local.grants.heartbeat.actions), Resource = local.resume_resources },
    ], local.key_statements)
  })
}
