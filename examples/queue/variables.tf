variable "name" {
  description = "Prefix of every resource's name."
  type        = string
  default     = "sfn-callback-queue"
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

variable "durable_functions" {
  description = "See the module's variable of the same name."
  type        = list(string)
  default     = []
}

variable "resume_resources" {
  description = "See the module's variable of the same name."
  type        = list(string)
  default     = []
}

variable "force_destroy" {
  description = "Whether `terraform destroy` deletes the bucket with all large outputs in it."
  type        = bool
  default     = false
}
