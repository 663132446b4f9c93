variable "name" {
  description = "Prefix of every resource's name."
  type        = string
  default     = "sfn-callback-outside"
}

variable "package_path" {
  description = "The zip that build.sh makes."
  type        = string
  default     = "outside.zip"
}

variable "round_seconds" {
  description = "How long the machine waits for the chunks, before it hands on again those that nobody was heard of."
  type        = number
  default     = 3600
}

variable "heartbeat_seconds" {
  description = "How long a chunk is left to whoever was heard of."
  type        = number
  default     = 900
}

variable "hidden_seconds" {
  description = "How long a chunk is hidden from other workers: longer than two heartbeats of a worker are apart."
  type        = number
  default     = 180
}

variable "tolerated_failure_count" {
  description = "How many chunks may be reported as failed: they are left out."
  type        = number
  default     = 0
}

variable "reserved_concurrency" {
  description = "How many chunks are handed on, and recognised, at once at the most."
  type        = number
  default     = null
}

variable "resume_resources" {
  description = "See the module's variable of the same name."
  type        = list(string)
  default     = []
}

variable "force_destroy" {
  description = "Whether `terraform destroy` deletes the buckets with all that is in them."
  type        = bool
  default     = false
}
