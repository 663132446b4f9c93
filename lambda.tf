# A handler is one row here and one file in lambda_src/sfn_callback/handlers.
#
#   workflows   the workflows that it belongs to
#   memory      MB, where var.memory_mb does not say otherwise; left out: 256
#   timeout     seconds, where var.timeout_seconds does not say otherwise; left out: 60
#   may         what its role grants: keys of local.grants
#   prefix      of the new objects that invoke it, below local.prefix, if any: by a queue where it consumes one (messaging.tf)
#   on_failure  where an asynchronous event goes after its last attempt: a handler, or "queue"; left out: none invokes it so, or
#               the next one makes up for it

locals {
  handlers = {
    for handler, row in {
      start = {
        workflows = ["documents"], prefix = "documents/"
        may       = ["start_documents", "consume_starts", "report_undelivered"]
        # Nothing of the module's invokes it asynchronously. An event of a version before may wait for it still, or be sent by hand.
        on_failure = "queue"
      }
      split = {
        workflows = ["documents"], memory = 512, timeout = 900
        may       = ["read_documents", "read_durable", "list_bucket", "write_chunks", "write_ledger"]
      }
      process = {
        workflows = ["documents"], memory = 512, timeout = 300, prefix = "chunks/", on_failure = "chunk_failed"
        may = concat(
          ["read_chunks", "read_results", "list_bucket", "write_results", "resume", "hand_over_failed_chunks"],
          local.has_pending ? ["read_ledger", "write_ledger_and_secret"] : ["write_ledger"],
        )
      }
      chunk_failed = { workflows = ["documents"], may = ["write_ledger", "resume", "report_undelivered"], on_failure = "queue" }
      await_chunks = { workflows = ["documents"], may = ["write_ledger", "resume"] }
      redrive      = { workflows = ["documents"], memory = 512, timeout = 900, may = ["list_results", "write_ledger", "invoke_process"] }
      merge = {
        workflows = ["documents"], memory = 1024, timeout = 900
        may       = concat(["list_results", "read_results", "write_merged"], local.has_parts ? ["write_parts"] : [])
      }
      report = {
        workflows = local.has_pending ? ["documents"] : [], memory = 512, on_failure = "queue"
        may = [
          "read_results", "read_result_buckets", "list_bucket", "write_reported", "write_ledger_and_secret", "read_ledger",
          "resume", "consume_reports", "report_undelivered",
        ]
      }
      cut         = { workflows = ["parts"], memory = 512, timeout = 300, may = ["read_documents", "list_bucket", "write_ledger"] }
      merge_parts = { workflows = ["parts"], memory = 1024, timeout = 900, may = ["list_parts", "read_parts", "write_merged"] }
      record_failure = {
        workflows = ["documents"], memory = 512, timeout = 300
        may       = concat(["list_results", "read_ledger", "write_failures"], local.has_parts ? ["list_part_executions", "stop_parts"] : [])
      }
      direct_worker = { workflows = ["direct"], timeout = 300, may = ["resume", "heartbeat", "write_outputs"] }
      http_start    = { workflows = local.starts_by_http ? ["direct"] : [], may = ["start_direct"] }
      queue_worker  = { workflows = ["queue"], timeout = 300, may = ["consume_tasks", "resume", "heartbeat", "write_outputs"] }
      topic_worker = {
        workflows = ["topic"], timeout = 300, on_failure = "task_lost"
        may       = ["resume", "heartbeat", "write_outputs", "hand_over_lost_tasks"]
      }
      task_lost = { workflows = ["topic"], may = ["fail", "report_undelivered"], on_failure = "queue" }
      ask       = { workflows = ["approval"], may = ["ask_approvals", "look_up_page", "read_page_url", "publish_approvals", "resume"] }
      page      = { workflows = ["approval"], may = ["read_approvals", "write_approvals", "read_webhook_secret", "resume", "heartbeat"] }
      sweep = {
        workflows = local.sweeps ? ["documents", "approval"] : [], memory = 512, timeout = 900
        may = concat(
          ["sweep_ledger", "resume", "heartbeat", "list_running", "look_at_askers"],
          contains(local.wanted, "documents") ? ["list_results", "invoke_process"] : [],
        )
      }
      dead_letter = { workflows = ["queue", "topic"], may = ["consume_dead_letters", "fail"] }
    } : handler => merge({ memory = 256, timeout = 60, prefix = null, on_failure = null }, row)
  }

  function_names = { for handler in keys(local.handlers) : handler => "${var.name}-${replace(handler, "_", "-")}" }

  timeouts = { for handler, row in local.handlers : handler => coalesce(lookup(var.timeout_seconds, handler, null), row.timeout) }
  functions = {
    for handler, row in local.handlers : handler => merge(row, {
      name    = local.function_names[handler]
      memory  = coalesce(lookup(var.memory_mb, handler, null), row.memory)
      timeout = local.timeouts[handler]
    }) if length(setintersection(local.wanted, row.workflows)) > 0
  }
  entry_points  = { for handler in keys(local.functions) : handler => "sfn_callback.handlers.${handler}.handler" }
  function_arns = { for handler, name in local.function_names : handler => "${local.arn.lambda}:function:${name}" }

  # Whoever invokes a function invokes this alias, published or not: what has a qualifier is never replaced, so that links that
  # were mailed lead somewhere still, and an execution with an older definition invokes what its role allows.
  invoked_arns = { for handler, arn in local.function_arns : handler => "${arn}:live" }
  # By the resource, so that what has a qualifier comes after it.
  qualifiers = { for handler, alias in aws_lambda_alias.live : handler => alias.name }

  snap_started         = [for handler in var.versions.snap_start : coalesce(handler, "missing")]
  reserved_concurrency = { process = var.reserved_concurrency, page = var.approval.reserved_concurrency }

  log_group_names = merge(
    { for handler, function in local.functions : handler => "/aws/lambda/${function.name}" },
    { for key, name in var.log_group_names : key => coalesce(name, "missing") if contains(keys(local.functions), key) },
  )

  approvers = sort([for address in values(local.emails) : substr(sha256(lower(address)), 0, 8)])
  function_environment = {
    for name, value in {
      SFN_CALLBACK_BUCKET             = local.bucket_name
      SFN_CALLBACK_BUCKET_KEY_ARN     = local.own_bucket ? var.kms_key_arn : var.bucket.kms_key_arn
      SFN_CALLBACK_PREFIX             = local.prefix == "" ? null : local.prefix
      SFN_CALLBACK_TABLE              = local.table_name
      SFN_CALLBACK_WORKLOAD           = var.workload
      SFN_CALLBACK_RETENTION_DAYS     = var.retention_days.data
      SFN_CALLBACK_MAX_CHUNKS         = var.max_chunks
      SFN_CALLBACK_DOCUMENT_SUFFIXES  = length(var.document_suffixes) > 0 ? join(" ", sort(compact(var.document_suffixes))) : null
      SFN_CALLBACK_STATE_MACHINE_ARN  = local.machine_arns["documents"]
      SFN_CALLBACK_PARTS_MACHINE_ARN  = local.has_parts ? local.machine_arns["parts"] : null
      SFN_CALLBACK_PARTS_OVER_MB      = local.has_parts ? local.parts.over_mb : null
      SFN_CALLBACK_PROCESS_FUNCTION   = "${var.name}-process:live"
      SFN_CALLBACK_REPORT_FUNCTION    = local.has_pending ? "${var.name}-report:live" : null
      SFN_CALLBACK_RESULT_BUCKETS     = length(local.result_places) > 0 ? join(" ", local.result_places) : null
      SFN_CALLBACK_LARGE_OUTPUTS      = var.task.large_outputs
      SFN_CALLBACK_DIRECT_MACHINE_ARN = local.machine_arns["direct"]
      SFN_CALLBACK_APPROVALS_TOPIC    = local.topic_arns["approvals"]
      SFN_CALLBACK_PAGE_FUNCTION      = "${var.name}-page:live"
      SFN_CALLBACK_PAGE_URL           = var.approval.url
      SFN_CALLBACK_PAGE_URL_PARAMETER = var.approval.url_parameter
      SFN_CALLBACK_ASKER_NAME         = one(var.approval.asker[*].name)
      SFN_CALLBACK_ASKER_CONTACT      = one(var.approval.asker[*].contact)
      # The start of a hash of each, by which doctor sees who is gone: who may read a function's settings learns no address.
      SFN_CALLBACK_APPROVERS                    = length(local.approvers) > 0 ? join(" ", local.approvers) : null
      SFN_CALLBACK_WEBHOOK_SECRET               = var.approval.webhook_secret_arn
      SFN_CALLBACK_SWEPT_MACHINE_ARN            = contains(local.swept, "documents") ? local.machine_arns["documents"] : null
      SFN_CALLBACK_SWEEP_QUIET_SECONDS          = one(local.sweep[*].quiet_seconds)
      SFN_CALLBACK_PENDING_HEARTBEAT_SECONDS    = local.has_pending ? var.pending.heartbeat_seconds : null
      SFN_CALLBACK_TOLERATED_FAILURE_COUNT      = var.completion.tolerated_failure_count
      SFN_CALLBACK_TOLERATED_FAILURE_PERCENTAGE = var.completion.tolerated_failure_percentage
    } : name => tostring(value) if value != null
  }

  # Lambda measures them as JSON, which has four quotes, a colon and a comma more each:
  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#function-configuration-deployment-and-execution
  # https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3594
  environment_bytes = 1 + sum([
    for name, value in merge(var.environment, local.function_environment) :
    6 + floor(length(trim(base64encode("${name}${value == null ? "" : value}"), "=")) * 3 / 4)
  ]) + max(0, [for manifest in values(local.manifests) : length("'SFN_CALLBACK_MANIFEST':,${jsonencode(manifest)}")]...)

  # What a function is made of: an image, a zip of its own, or that of all.
  own_zip = {
    for handler in keys(local.functions) :
    handler => try(coalesce(var.packages[handler].path, var.packages[handler].key), null) != null
  }
  zips = { for handler, own in local.own_zip : handler => {
    for field in ["path", "bucket", "key", "version"] : field => own ? var.packages[handler][field] : var.package[field]
  } if !contains(local.their_images, handler) }
  package_paths = {
    for handler, zip in local.zips :
    handler => zip.key == null ? coalesce(zip.path, "${path.module}/dist/sfn_callback.zip") : null
  }
  layers = { for handler in keys(local.zips) : handler => try([for layer in var.packages[handler].layers : layer], var.layers) }
}

resource "aws_cloudwatch_log_group" "functions" {
  for_each = { for handler, function in local.functions : handler => function if !contains(local.their_logs, handler) }

  name              = local.log_group_names[each.key]
  retention_in_days = var.retention_days.logs
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:What fails asynchronously goes to an on-failure destination, which is told why, and a dead-letter queue is not.
  #checkov:skip=CKV_AWS_117:The functions call AWS's own endpoints only, so a network is the caller's choice (vpc).
  #checkov:skip=CKV_AWS_272:The zip that comes with the module is pinned by its hash; a signature needs a signing profile of the caller's.
  for_each = local.functions

  function_name = each.value.name
  description   = "${each.key} of ${var.name} (${join(", ", each.value.workflows)})"
  role          = local.role_arns[each.key]

  architectures     = [var.architecture]
  package_type      = contains(local.their_images, each.key) ? "Image" : "Zip"
  image_uri         = lookup(var.images, each.key, null)
  runtime           = contains(local.their_images, each.key) ? null : var.runtime
  handler           = contains(local.their_images, each.key) ? null : local.entry_points[each.key]
  filename          = try(local.package_paths[each.key], null)
  source_code_hash  = try(fileexists(local.package_paths[each.key]), false) ? filebase64sha256(local.package_paths[each.key]) : null
  s3_bucket         = try(local.zips[each.key].bucket, null)
  s3_key            = try(local.zips[each.key].key, null)
  s3_object_version = try(local.zips[each.key].version, null)

  ephemeral_storage {
    size = coalesce(lookup(var.ephemeral_storage_mb, each.key, null), 512)
  }

  memory_size                    = each.value.memory
  timeout                        = each.value.timeout
  reserved_concurrent_executions = coalesce(lookup(local.reserved_concurrency, each.key, null), -1)
  kms_key_arn                    = var.kms_key_arn
  layers                         = try(local.layers[each.key], null)
  publish                        = var.versions.publish

  environment {
    variables = merge(
      var.environment, local.function_environment,
      { SFN_CALLBACK_MANIFEST = local.manifests[each.key] },
      # For the operator, who compares the packages of the others.
      local.own_zip[each.key] ? { SFN_CALLBACK_PACKAGE = "own" } : {},
    )
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#images-parms
  dynamic "image_config" {
    for_each = contains(local.their_images, each.key) ? [local.entry_points[each.key]] : []
    content {
      command = [image_config.value]
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = local.log_group_names[each.key]
  }

  dynamic "vpc_config" {
    for_each = var.vpc[*]
    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  tracing_config {
    mode = var.xray_tracing ? "Active" : "PassThrough"
  }

  dynamic "snap_start" {
    for_each = contains(local.snap_started, each.key) ? ["PublishedVersions"] : []
    content {
      apply_on = snap_start.value
    }
  }

  tags = var.tags

  # An image brings a runtime of its own, and its label tells Lambda whether it can be restored:
  # https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-custom.html
  # https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-runtimes
  lifecycle {
    precondition {
      condition     = !contains(local.snap_started, each.key) || contains(local.their_images, each.key) || var.runtime != "python3.11"
      error_message = "SnapStart needs Python 3.12 or newer: set runtime, or leave ${each.key} out of the snap_start of versions."
    }
    precondition {
      condition = !contains(local.snap_started, each.key) || coalesce(lookup(var.ephemeral_storage_mb, each.key, null), 512) <= 512
      error_message = join(" ", [
        "SnapStart takes no function with more than 512 MB of /tmp:",
        "leave ${each.key} out of ephemeral_storage_mb, or out of the snap_start of versions.",
      ])
    }
  }

  depends_on = [aws_iam_role_policy.functions, aws_cloudwatch_log_group.functions]
}

# A function's code and its configuration change one after the other; an alias moves once, when both are there.
resource "aws_lambda_alias" "live" {
  for_each = local.functions

  name          = "live"
  description   = "What is invoked."
  function_name = aws_lambda_function.this[each.key].function_name
  # It may point to what is not published: https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html
  function_version = var.versions.publish ? lookup(var.versions.live, each.key, aws_lambda_function.this[each.key].version) : "$LATEST"

  # A function that changes between zip and image is made anew under its old name, and all that hung on it is gone, which a
  # plan would not see. So it is with what follows.
  lifecycle {
    replace_triggered_by = [aws_lambda_function.this[each.key].package_type]
  }
}

# An alias has a configuration of its own: without one, what fails under it would go nowhere.
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
resource "aws_lambda_function_event_invoke_config" "this" {
  for_each = { for handler, function in local.functions : handler => function.on_failure if function.on_failure != null }

  function_name = aws_lambda_function.this[each.key].function_name
  qualifier     = local.qualifiers[each.key]
  # Lambda's own defaults, written down because the protocol counts on them.
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = each.value == "queue" ? local.queue_arns["undelivered"] : local.invoked_arns[each.value]
    }
  }

  lifecycle {
    replace_triggered_by = [aws_lambda_function.this[each.key].package_type]
  }

  depends_on = [aws_sqs_queue.this]
}

resource "aws_lambda_permission" "bucket" {
  for_each = local.invoked

  statement_id  = "bucket"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this[each.key].function_name
  qualifier     = local.qualifiers[each.key]
  principal     = local.teller.service
  source_arn    = coalesce(local.teller.arn, try(local.rule_arns[each.key], null))
  # A bucket's ARN names no account; a rule's does.
  source_account = local.teller.account

  lifecycle {
    replace_triggered_by = [aws_lambda_function.this[each.key].package_type]
  }
}

resource "aws_lambda_event_source_mapping" "this" {
  for_each = local.consumed

  function_name    = aws_lambda_alias.live[each.value.handler].arn
  event_source_arn = local.queue_arns[each.key]
  batch_size       = each.value.batch
  # A batch of more than 10 messages must be given a second or more to fill:
  # https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
  maximum_batching_window_in_seconds = each.value.batch > 10 ? 1 : null

  function_response_types = ["ReportBatchItemFailures"]
  tags                    = var.tags

  dynamic "scaling_config" {
    for_each = each.value.maximum_concurrency[*]
    content {
      maximum_concurrency = scaling_config.value
    }
  }

  depends_on = [aws_sqs_queue.this]
}

resource "aws_lambda_permission" "topic" {
  for_each = local.subscribed

  statement_id  = "topic"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this[each.key].function_name
  qualifier     = local.qualifiers[each.key]
  principal     = "sns.amazonaws.com"
  # Its ARN names its account, which SNS does not tell besides: with a source account nothing is delivered.
  # https://github.com/aws/aws-cli/issues/1996
  source_arn = local.topic_arns[each.value.topic]

  lifecycle {
    replace_triggered_by = [aws_lambda_function.this[each.key].package_type]
  }
}

moved {
  from = aws_lambda_permission.topic[0]
  to   = aws_lambda_permission.topic["topic_worker"]
}

# A role of another account needs this and a policy of its own, and names the alias by its whole ARN:
# https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-cross-account.html
resource "aws_lambda_permission" "reporters" {
  for_each = { for arn in local.reporters : arn => "reporter-${substr(sha256(arn), 0, 16)}" if contains(keys(local.functions), "report") }

  statement_id  = each.value
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this["report"].function_name
  qualifier     = local.qualifiers["report"]
  principal     = each.key

  lifecycle {
    replace_triggered_by = [aws_lambda_function.this["report"].package_type]
  }
}
