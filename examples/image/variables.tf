variable "name" {
  description = "Prefix of every resource's name."
  type        = string
  default     = "sfn-callback-image"
}

variable "package_path" {
  description = "The zip that build.sh makes."
  type        = string
  default     = "scans.zip"
}

variable "image_uri" {
  description = "The image that build.sh makes, in ECR, by its digest."
  type        = string
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
