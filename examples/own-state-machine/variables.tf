variable "name" {
  description = "Prefix of every resource's name, and the name of the state machine."
  type        = string
  default     = "sfn-callback-own"
}

variable "emails" {
  description = "Addresses of those who are asked."
  type        = set(string)
  default     = []
}

variable "task_seconds" {
  description = "How long the machine waits for its worker."
  type        = number
  default     = 10800
}

variable "worker_seconds" {
  description = "Timeout of the worker's function."
  type        = number
  default     = 300
}

variable "approval_seconds" {
  description = "How long there is to decide."
  type        = number
  default     = 604800
}

variable "resume_resources" {
  description = "See the module's variable of the same name: these come on top of the machine here."
  type        = list(string)
  default     = []
}

variable "force_destroy" {
  description = "Whether `terraform destroy` deletes the bucket with all large outputs in it."
  type        = bool
  default     = false
}
