variable "name" {
  description = "Prefix of every resource's name."
  type        = string
  default     = "sfn-callback-front"
}

variable "emails" {
  description = "Addresses of those who are asked."
  type        = set(string)
  default     = []
}

variable "force_destroy" {
  description = "Whether `terraform destroy` deletes the ledger with all that is in it."
  type        = bool
  default     = false
}
