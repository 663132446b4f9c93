# Refuses inputs for a reason that no single input shows: whether anything is created at all. A module of its own, because it
# depends on nothing but inputs: whatever else fails with them, this is said, and no input comes to depend on another's resource.

terraform {
  required_version = ">= 1.5.0"
}

variable "missing" {
  description = "Names of inputs that have null, or an empty text, where a value is needed."
  type        = list(string)
  nullable    = false

  validation {
    condition = length(var.missing) == 0
    error_message = join(" ", [
      "These inputs have null, or nothing, where a value is needed: ${join(", ", var.missing)}.",
      "Leave such a member out, or set create = false where the resource that it comes from is not made either.",
    ])
  }
}

variable "absent" {
  description = "Paths, given by inputs, that name no file."
  type        = list(string)
  nullable    = false

  validation {
    condition = length(var.absent) == 0
    error_message = join(" ", [
      "The inputs package, packages and definitions must give paths of files that exist, and here are none:",
      "${join(", ", var.absent)}. Build them first.",
    ])
  }
}
