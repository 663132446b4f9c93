# What inputs must have where anything is created, and need not have where nothing is: `one(aws_sns_topic.theirs[*].arn)` of a
# topic that is not made is null, and a zip that is only built with the rest is no file. A validation sees one input, and in
# Terraform before 1.9 no other.

locals {
  # What decides which resources there are shows in every plan, and is no secret even where it comes from a parameter, all of
  # whose values Terraform takes for secrets. One by one, so that what comes of the one does not depend on the others; before
  # Terraform 1.8 nonsensitive() refuses what is none.
  created         = try(nonsensitive(var.create), var.create)
  asked_workflows = try(nonsensitive(var.workflows), var.workflows)
  starts_by_http  = try(nonsensitive(var.http_start), var.http_start)
  has_parts       = try(nonsensitive(local.known_has_parts), local.known_has_parts)
  has_pending     = try(nonsensitive(local.known_has_pending), local.known_has_pending)
  doors           = try(nonsensitive(local.known_doors), local.known_doors)
  reporters       = try(nonsensitive(local.known_reporters), local.known_reporters)
  has_durable     = try(nonsensitive(local.known_has_durable), local.known_has_durable)
  sweeps          = try(nonsensitive(local.known_sweeps), local.known_sweeps)
  counts_metrics  = try(nonsensitive(var.metrics), var.metrics)
  has_dashboard   = try(nonsensitive(var.dashboard), var.dashboard)
  has_alarms      = try(nonsensitive(local.known_has_alarms), local.known_has_alarms)
  left_out_alarms = try(nonsensitive(local.known_left_out), local.known_left_out)
  tells_ends      = try(nonsensitive(local.known_tells_ends), local.known_tells_ends)
  own_bucket      = try(nonsensitive(local.known_own_bucket), local.known_own_bucket)
  checks_bucket   = try(nonsensitive(local.known_checks_bucket), local.known_checks_bucket)
  their_roles     = try(nonsensitive(local.known_roles), local.known_roles)
  their_images    = try(nonsensitive(local.known_images), local.known_images)
  their_logs      = try(nonsensitive(local.known_logs), local.known_logs)
  page_auth       = try(nonsensitive(local.known_page_auth), local.known_page_auth)
  # Named first: until Terraform 1.6 try() knows nothing of what stands beside something unknown, as a topic's ARN is.
  # https://github.com/hashicorp/terraform/pull/33758
  known_has_parts     = var.parts == null ? false : contains(local.asked_workflows, "documents")
  known_has_pending   = var.pending == null ? false : contains(local.asked_workflows, "documents")
  known_doors         = local.known_has_pending ? var.pending.doors : toset([])
  known_reporters     = local.known_has_pending ? sort([for arn in var.pending.reporters : coalesce(arn, "missing")]) : []
  known_has_durable   = length(var.durable_functions) > 0
  known_sweeps        = var.sweep != null
  known_has_alarms    = var.alarms != null
  known_left_out      = var.alarms == null ? toset([]) : var.alarms.leave_out == null ? toset([]) : var.alarms.leave_out
  known_tells_ends    = var.notifications != null
  known_own_bucket    = var.bucket == null
  known_checks_bucket = var.bucket == null ? false : var.bucket.check
  known_roles         = keys(var.role_arns)
  known_images        = keys(var.images)
  known_logs          = keys(var.log_group_names)
  known_page_auth     = var.approval.url_auth
  known_addresses     = keys(local.addresses)
  # By its keys: try() of what has anything unknown within is unknown as a whole.
  emails = { for key in try(nonsensitive(local.known_addresses), local.known_addresses) : key => local.addresses[key] }
  addresses = merge(
    { for address in var.approval.emails : coalesce(address, "missing") => coalesce(address, "missing") },
    { for key, address in var.approval.emails_by_key : key => coalesce(address, "missing") },
  )

  given = {
    "alarms.topic_arn"            = [for alarms in var.alarms[*] : alarms.topic_arn]
    "approval.emails"             = concat(tolist(var.approval.emails), values(var.approval.emails_by_key))
    "approval.url"                = var.approval.url[*]
    "approval.url_parameter"      = var.approval.url_parameter[*]
    "approval.webhook_secret_arn" = var.approval.webhook_secret_arn[*]
    "bucket.kms_key_arn"          = [for bucket in var.bucket[*] : bucket.kms_key_arn if bucket.kms_key_arn != null]
    "bucket.name"                 = [for bucket in var.bucket[*] : bucket.name]
    "definitions"                 = values(var.definitions)
    "document_suffixes"           = var.document_suffixes
    "durable_functions"           = var.durable_functions
    "ephemeral_storage_mb"        = values(var.ephemeral_storage_mb)
    "images"                      = values(var.images)
    "kms_key_arn"                 = var.kms_key_arn[*]
    "layers"                      = var.layers
    "log_group_names"             = values(var.log_group_names)
    "memory_mb"                   = values(var.memory_mb)
    "notifications.topic_arn"     = [for notifications in var.notifications[*] : notifications.topic_arn]
    "package.path"                = var.package.path[*]
    "packages" = flatten([
      for zip in values(var.packages) : zip == null ? [""] : concat(zip.path[*], zip.layers == null ? [] : zip.layers)
    ])
    "pending.reporters"      = flatten([for pending in var.pending[*] : tolist(pending.reporters)])
    "pending.result_buckets" = flatten([for pending in var.pending[*] : tolist(pending.result_buckets)])
    "permissions_boundary"   = var.permissions_boundary[*]
    "resume_resources"       = var.resume_resources
    "role_arns"              = values(var.role_arns)
    "timeout_seconds"        = values(var.timeout_seconds)
    "versions.live"          = values(var.versions.live)
    "versions.snap_start"    = var.versions.snap_start
    "vpc.security_group_ids" = flatten([
      for vpc in var.vpc[*] : length(vpc.security_group_ids) > 0 ? tolist(vpc.security_group_ids) : [""]
    ])
    "vpc.subnet_ids" = flatten([for vpc in var.vpc[*] : length(vpc.subnet_ids) > 0 ? tolist(vpc.subnet_ids) : [""]])
    # An empty text is a value of these.
    "environment" = [for value in values(var.environment) : value == null ? "" : "given"]
    "tags"        = [for value in values(var.tags) : value == null ? "" : "given"]
  }
  missing = { for input, values in local.given : input => anytrue([for value in values : value == null || value == ""]) }

  resume_these = [for arn in var.resume_resources : coalesce(arn, "missing")]

  paths  = concat(var.package.path[*], [for zip in values(var.packages) : try(zip.path, null)], values(var.definitions))
  files  = [for path in local.paths : path if path != null && path != ""]
  absent = [for path in local.files : path if !fileexists(path)]
}

module "inputs" {
  source = "./modules/inputs"

  missing = !local.created ? [] : [for input, is in local.missing : input if try(nonsensitive(is), is)]
  absent  = !local.created ? [] : [for path in try(nonsensitive(local.absent), local.absent) : try(nonsensitive(path), path)]
}
