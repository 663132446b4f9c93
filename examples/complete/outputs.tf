output "function_versions" {
  description = "What runs: note it before an upgrade."
  value       = module.callback.function_versions
}

output "callback" {
  description = "All outputs of the module."
  value       = module.callback
}
