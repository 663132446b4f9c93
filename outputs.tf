output "state_machine_arns" {
  description = "ARNs of the state machines, by workflow."
  value       = { for workflow, machine in aws_sfn_state_machine.this : workflow => machine.arn }
}

output "bucket" {
  description = "Name of the bucket: drop documents under `documents/`, find results under `merged/`. `null` where no workflow stores anything."
  value       = one(aws_s3_bucket.this[*].id)
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
}

output "log_group_names" {
  description = "Names of the log groups: of the functions by handler, of the state machines by workflow."
  value = merge(
    { for handler, group in aws_cloudwatch_log_group.functions : handler => group.name },
    { for workflow, group in aws_cloudwatch_log_group.machines : workflow => group.name },
  )
}
