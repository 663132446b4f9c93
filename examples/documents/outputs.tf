output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.callback.state_machine_arns["documents"]
}

output "parts_machine_arn" {
  description = "ARN of the state machine for documents in parts, if there is one."
  value       = lookup(module.callback.state_machine_arns, "parts", null)
}

output "bucket" {
  description = "Name of the bucket."
  value       = module.callback.bucket
}

output "table" {
  description = "Name of the ledger's table."
  value       = module.callback.table
}

output "function_names" {
  description = "Names of the functions, by handler."
  value       = module.callback.function_names
}

output "log_group_names" {
  description = "Names of the log groups."
  value       = module.callback.log_group_names
}
