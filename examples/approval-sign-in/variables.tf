variable "name" {
  description = "Prefix of every resource's name: at most 32 characters, as a load balancer's name."
  type        = string
  default     = "sfn-callback-sign-in"
}

variable "emails" {
  description = "Addresses of those who are asked."
  type        = set(string)
  default     = []
}

variable "domain" {
  description = "Where the links of mails lead, such as `approvals.example.com`."
  type        = string
}

variable "certificate_arn" {
  description = "ARN of ACM's certificate for the domain, in this region."
  type        = string
}

variable "vpc_id" {
  description = "VPC of the load balancer."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the load balancer, in two availability zones at least, public unless it is internal."
  type        = list(string)
}

variable "internal" {
  description = "Whether only your network reaches the load balancer, say through a VPN."
  type        = bool
  default     = false
}

variable "reached_from" {
  description = "Ranges of addresses that may reach the sign-in."
  type        = set(string)
  default     = ["0.0.0.0/0"]
}

variable "oidc" {
  description = "Your identity provider, as its `/.well-known/openid-configuration` says, and the client that you registered there."
  type = object({
    issuer                 = string
    authorization_endpoint = string
    token_endpoint         = string
    user_info_endpoint     = string
    client_id              = string
  })
}

variable "oidc_client_secret" {
  description = "The client's secret. Terraform's state has it too."
  type        = string
  sensitive   = true
}

variable "force_destroy" {
  description = "Whether `terraform destroy` deletes the ledger with all that is in it."
  type        = bool
  default     = false
}
