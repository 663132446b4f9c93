variable "name" {
  description = "Prefix of every resource's name."
  type        = string
  default     = "sfn-callback-durable"
}

variable "package_path" {
  description = "The zip that build.sh makes."
  type        = string
  default     = "publish.zip"
}

variable "emails" {
  description = "Addresses of those who are asked."
  type        = set(string)
  default     = []
}

variable "tolerated_chunks" {
  description = "How many chunks of a document may fail."
  type        = number
  default     = 0
}

variable "round_seconds" {
  description = "How long it waits for the chunks, before those without a result are tried again."
  type        = number
  default     = 3600
}

variable "max_rounds" {
  description = "How often it waits for the chunks."
  type        = number
  default     = 3
}

variable "approval_seconds" {
  description = "How long there is to decide."
  type        = number
  default     = 604800
}

variable "remind_seconds" {
  description = "After how long it is asked again, until the deadline."
  type        = number
  default     = 86400
}

variable "execution_seconds" {
  description = "How long all of it may take, from the document to the decision."
  type        = number
  default     = 864000
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
