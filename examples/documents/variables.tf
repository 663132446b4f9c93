variable "name" {
  description = "Prefix of every resource's name."
  type        = string
  default     = "sfn-callback-demo"
}

variable "chunk_bytes" {
  description = "About how many bytes of the text make a chunk; 0 makes each paragraph one."
  type        = number
  default     = 4096
}

variable "parts" {
  description = "See the module's variable of the same name."
  type        = object({ over_mb = optional(number) })
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
  description = "Whether `terraform destroy` deletes the bucket with all documents and results in it."
  type        = bool
  default     = false
}
