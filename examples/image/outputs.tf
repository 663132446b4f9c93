output "bucket" {
  description = "Name of the bucket."
  value       = module.callback.bucket
}

output "callback" {
  description = "All outputs of the module."
  value       = module.callback
}
