output "state_machine_arn" {
  description = "ARN of the state machine that splits and merges."
  value       = module.callback.state_machine_arns["documents"]
}

output "next_machine_arn" {
  description = "ARN of the state machine that is started when a text is there."
  value       = aws_sfn_state_machine.next.arn
}

output "bucket" {
  description = "Name of the bucket."
  value       = module.callback.bucket
}

output "function_names" {
  description = "Names of the functions, by handler."
  value       = module.callback.function_names
}

output "log_group_names" {
  description = "Names of the log groups."
  value       = module.callback.log_group_names
}

output "callback" {
  description = "All outputs of the module."
  value       = module.callback
}
