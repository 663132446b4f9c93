output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.callback.state_machine_arns["approval"]
}

output "load_balancer" {
  description = "Where your domain must lead: make it an alias or a CNAME of this name."
  value       = aws_lb.page.dns_name
}

output "redirect_url" {
  description = "What your identity provider must allow as a redirect."
  value       = "https://${var.domain}/oauth2/idpresponse"
}
