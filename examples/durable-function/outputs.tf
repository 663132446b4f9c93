output "bucket" {
  description = "Name of the bucket."
  value       = module.callback.bucket
}

output "function" {
  description = "The durable function, by the alias that it is invoked by."
  value       = aws_cloudwatch_event_target.publish.arn
}

output "state_machine_arn" {
  description = "ARN of the state machine for documents that are dropped under documents/."
  value       = module.callback.state_machine_arns["documents"]
}

output "topic_arn" {
  description = "ARN of the topic that asks."
  value       = module.callback.approvals_topic_arn
}

output "page_url" {
  description = "URL of the page where it is decided."
  value       = module.callback.page_url
}

output "log_group_names" {
  description = "Names of the log groups."
  value       = merge(module.callback.log_group_names, { publish = aws_cloudwatch_log_group.publish.name })
}

output "callback" {
  description = "All outputs of the module."
  value       = module.callback
}
