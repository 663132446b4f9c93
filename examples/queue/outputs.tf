output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.callback.state_machine_arns["queue"]
}

output "queue_url" {
  description = "URL of the queue that tasks are put into."
  value       = module.callback.queue_url
}

output "worker_policy" {
  description = "IAM policy for a worker outside Lambda."
  value       = module.callback.worker_policy
}

output "callback" {
  description = "All outputs of the module."
  value       = module.callback
}
