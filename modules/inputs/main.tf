# Refuses inputs for a reason that no single input shows: whether anything is created at all. A module of its own, because it
# depends on nothing but inputs: whatever else fails with them, this is said, and no input comes to depend on another's resource.

terraform {
  required_version = ">= 1.5.0"
}

variable "missing" {
  description = "Names of inputs that are null or empty where a value is needed."
  type        = list(string)
  nullable    = false

  validation {
    condition = length(var.missing) == 0
    error_message = join(" ", [
      "These inputs are null or empty where a value is needed: ${join(", ", var.missing)}.",
      "Omit such a member, or set create = false if the resource that it comes from is not created either.",
    ])
  }
}

variable "absent" {
  description = "Paths in inputs at which there is no file."
  type        = list(string)
  nullable    = false

  validation {
    condition = length(var.absent) == 0
    error_message = join(" ", [
      "The inputs package, packages and definitions must have paths of files that exist. These do not exist:",
      "${join(", ", var.absent)}. Build them first.",
    ])
  }
}
