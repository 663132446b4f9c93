output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.callback.state_machine_arns["approval"]
}

output "url" {
  description = "Where the links of mails lead."
  value       = aws_ssm_parameter.url.insecure_value
}
