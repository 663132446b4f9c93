output "buckets" {
  description = "Names of the buckets, by instance: here, and in the other region."
  value = {
    first  = { for name, instance in module.callback : name => instance.bucket }
    second = { for name, instance in module.second : name => instance.bucket }
  }
}
