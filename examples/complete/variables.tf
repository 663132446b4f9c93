variable "name" {
  description = "Prefix of every resource's name."
  type        = string
  default     = "sfn-callback-complete"
}

variable "emails" {
  description = "Addresses of those who are asked for approvals."
  type        = set(string)
  default     = []
}

variable "chunk_bytes" {
  description = "About how many bytes of the text make a chunk."
  type        = number
  default     = 4096
}

variable "live_versions" {
  description = "Functions' versions to go back to, by handler; all others run the newest."
  type        = map(string)
  default     = {}
}

variable "kms_key_arn" {
  description = "See the module's variable of the same name."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "See the module's variable of the same name."
  type        = string
  default     = null
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
