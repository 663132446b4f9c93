output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.callback.state_machine_arns["topic"]
}

output "callback" {
  description = "All outputs of the module."
  value       = module.callback
}
