variable "name" {
  description = "Prefix of every resource's name."
  type        = string
  default     = "sfn-callback-pages"
}

variable "package_path" {
  description = "The zip that build.py makes."
  type        = string
  default     = "pages.zip"
}

variable "memory_mb" {
  description = "Memory of functions, by handler. More is a larger share of a processor too, and splits faster."
  type        = map(number)
  default     = { split = 1024 }
}

variable "tolerated_pages" {
  description = "How many broken pages a PDF may have: they are missing in its text, and its index names them."
  type        = number
  default     = 0
}

variable "reserved_concurrency" {
  description = "How many pages are processed at once at the most."
  type        = number
  default     = null
}

variable "resume_resources" {
  description = "See the module's variable of the same name."
  type        = list(string)
  default     = []
}

variable "force_destroy" {
  description = "Whether `terraform destroy` deletes the bucket with all PDFs and texts in it."
  type        = bool
  default     = false
}
