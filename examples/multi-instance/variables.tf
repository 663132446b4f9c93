variable "name" {
  description = "Prefix of every resource's name."
  type        = string
  default     = "many"
}

variable "second_region" {
  description = "The other region."
  type        = string
  default     = "eu-west-1"
}

variable "instances" {
  description = "What differs between the instances, by name."
  type = map(object({
    tolerated_failures = optional(number, 0)
    memory_mb          = optional(number, 512)
  }))
  default = {
    invoices = {}
    letters  = { tolerated_failures = 5, memory_mb = 1024 }
  }
}

variable "resume_resources" {
  description = "See the module's variable of the same name."
  type        = list(string)
  default     = []
}

variable "force_destroy" {
  description = "Whether `terraform destroy` deletes the buckets with all that is in it."
  type        = bool
  default     = false
}
