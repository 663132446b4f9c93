output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.callback.state_machine_arns["approval"]
}

output "topic_arn" {
  description = "ARN of the topic that asks."
  value       = module.callback.approvals_topic_arn
}

output "page_url" {
  description = "URL of the page where it is decided."
  value       = module.callback.page_url
}

output "callback" {
  description = "All outputs of the module."
  value       = module.callback
}
