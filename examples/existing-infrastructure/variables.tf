variable "name" {
  description = "Prefix of every resource's name."
  type        = string
  default     = "sfn-callback-guest"
}

variable "reserved_concurrency" {
  description = "How many chunks are processed at once at the most."
  type        = number
  default     = null
}

variable "resume_resources" {
  description = "See the module's variable of the same name."
  type        = list(string)
  default     = []
}

variable "force_destroy" {
  description = "Whether `terraform destroy` deletes the bucket with all that is in it."
  type        = bool
  default     = false
}
