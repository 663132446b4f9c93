variable "name" {
  description = "Prefix of every resource's name."
  type        = string
  default     = "sfn-callback-approval"
}

variable "emails" {
  description = "Addresses of those who are asked."
  type        = set(string)
  default     = []
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

variable "webhook_secret_arn" {
  description = "Secret that webhooks must be signed with, if any."
  type        = string
  default     = null
}

variable "package_path" {
  description = "See the module's variable `package`: a package of your own, such as one that can check a webhook's JSON Schema."
  type        = string
  default     = null
}

variable "resume_resources" {
  description = "See the module's variable of the same name."
  type        = list(string)
  default     = []
}

variable "force_destroy" {
  description = "Whether `terraform destroy` deletes the ledger with all that is in it."
  type        = bool
  default     = false
}
