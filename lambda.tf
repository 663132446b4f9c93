# A handler is one row here and one file in lambda_src/sfn_callback/handlers.
#
#   workflows   the workflows that it belongs to
#   memory      MB, where var.memory_mb does not say otherwise
#   timeout     seconds, where var.timeout_seconds does not say otherwise
#   may         what its role grants: keys of local.grants
#   prefix      the bucket's prefix whose new objects invoke it, if any
#   on_failure  where an asynchronous event goes after its last attempt: a handler, or "queue"; null: none invokes it so, or
#               the next one makes up for it

locals {
  handlers = {
    start = {
      workflows  = ["documents"]
      memory     = 256
      timeout    = 60
      may        = ["start_documents", "report_undelivered"]
      prefix     = "documents/"
      on_failure = "queue"
    }
    split = {
      workflows  = ["documents"]
      memory     = 512
      timeout    = 900
      may        = ["read_documents", "list_bucket", "write_chunks", "write_ledger"]
      prefix     = null
      on_failure = null
    }
    process = {
      workflows  = ["documents"]
      memory     = 512
      timeout    = 300
      may        = ["read_chunks", "read_results", "list_bucket", "write_results", "write_ledger", "resume", "hand_over_failed_chunks"]
      prefix     = "chunks/"
      on_failure = "chunk_failed"
    }
    chunk_failed = {
      workflows  = ["documents"]
      memory     = 256
      timeout    = 60
      may        = ["write_ledger", "resume", "report_undelivered"]
      prefix     = null
      on_failure = "queue"
    }
    await_chunks = {
      workflows  = ["documents"]
      memory     = 256
      timeout    = 60
      may        = ["write_ledger", "resume"]
      prefix     = null
      on_failure = null
    }
    redrive = {
      workflows  = ["documents"]
      memory     = 512
      timeout    = 900
      may        = ["list_results", "write_ledger", "invoke_process"]
      prefix     = null
      on_failure = null
    }
    merge = {
      workflows  = ["documents"]
      memory     = 1024
      timeout    = 900
      may        = ["list_results", "read_results", "write_merged"]
      prefix     = null
      on_failure = null
    }
    record_failure = {
      workflows  = ["documents"]
      memory     = 512
      timeout    = 300
      may        = ["list_results", "read_ledger", "write_failures"]
      prefix     = null
      on_failure = null
    }
    direct_worker = {
      workflows  = ["direct"]
      memory     = 256
      timeout    = 300
      may        = ["resume", "heartbeat", "write_outputs"]
      prefix     = null
      on_failure = null
    }
    http_start = {
      workflows  = var.http_start ? ["direct"] : []
      memory     = 256
      timeout    = 60
      may        = ["start_direct"]
      prefix     = null
      on_failure = null
    }
    queue_worker = {
      workflows  = ["queue"]
      memory     = 256
      timeout    = 300
      may        = ["consume_tasks", "resume", "heartbeat", "write_outputs"]
      prefix     = null
      on_failure = null
    }
    topic_worker = {
      workflows  = ["topic"]
      memory     = 256
      timeout    = 300
      may        = ["resume", "heartbeat", "write_outputs", "hand_over_lost_tasks"]
      prefix     = null
      on_failure = "task_lost"
    }
    task_lost = {
      workflows  = ["topic"]
      memory     = 256
      timeout    = 60
      may        = ["fail", "report_undelivered"]
      prefix     = null
      on_failure = "queue"
    }
    ask = {
      workflows  = ["approval"]
      memory     = 256
      timeout    = 60
      may        = ["ask_approvals", "look_up_page", "publish_approvals", "resume"]
      prefix     = null
      on_failure = null
    }
    page = {
      workflows  = ["approval"]
      memory     = 256
      timeout    = 60
      may        = ["read_approvals", "write_approvals", "read_webhook_secret", "resume", "heartbeat"]
      prefix     = null
      on_failure = null
    }
    sweep = {
      workflows = var.sweep == null ? [] : ["documents", "approval"]
      memory    = 512
      timeout   = 900
      may = concat(
        ["sweep_ledger", "resume", "heartbeat", "look_at_askers", "list_askers"],
        contains(local.wanted, "documents") ? ["list_jobs", "list_results", "invoke_process"] : [],
      )
      prefix     = null
      on_failure = null
    }
    dead_letter = {
      workflows  = ["queue", "topic"]
      memory     = 256
      timeout    = 60
      may        = ["consume_dead_letters", "fail"]
      prefix     = null
      on_failure = null
    }
  }

  timeouts = { for handler, row in local.handlers : handler => lookup(var.timeout_seconds, handler, row.timeout) }
  functions = {
    for handler, row in local.handlers : handler => merge(row, {
      name    = "${var.name}-${replace(handler, "_", "-")}"
      memory  = lookup(var.memory_mb, handler, row.memory)
      timeout = local.timeouts[handler]
    }) if length(setintersection(local.wanted, row.workflows)) > 0
  }
  function_arns = { for handler, function in local.functions : handler => "${local.lambda_arn_prefix}:function:${function.name}" }

  # Whoever invokes a function invokes this alias, published or not: what has a qualifier is never replaced, so that links that
  # were mailed lead somewhere still, and an execution with an older definition invokes what its role allows.
  invoked_arns = { for handler, arn in local.function_arns : handler => "${arn}:live" }
  # By the resource, so that what has a qualifier comes after it.
  qualifiers = { for handler, alias in aws_lambda_alias.live : handler => alias.name }

  reserved_concurrency = { process = var.reserved_concurrency, page = var.approval.reserved_concurrency }

  log_group_names = merge(
    { for handler, function in local.functions : handler => "/aws/lambda/${function.name}" },
    { for key, name in var.log_group_names : key => name if contains(keys(local.functions), key) },
  )

  package_path = var.package.key == null ? coalesce(var.package.path, "${path.module}/dist/sfn_callback.zip") : null
}

resource "aws_cloudwatch_log_group" "functions" {
  for_each = { for handler, function in local.functions : handler => function if !contains(keys(var.log_group_names), handler) }

  name              = local.log_group_names[each.key]
  retention_in_days = var.retention_days.logs
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:What fails asynchronously goes to an on-failure destination, which is told why, and a dead-letter queue is not.
  #checkov:skip=CKV_AWS_117:The functions call AWS's own endpoints only, so a network is the caller's choice (vpc).
  #checkov:skip=CKV_AWS_272:The zip that comes with the module is pinned by its hash, and a signature needs a signing profile of the caller's account.
  for_each = local.functions

  function_name = each.value.name
  description   = "${each.key} of ${var.name} (${join(", ", each.value.workflows)})"
  role          = local.role_arns[each.key]

  runtime           = var.runtime
  architectures     = [var.architecture]
  handler           = "sfn_callback.handlers.${each.key}.handler"
  filename          = local.package_path
  source_code_hash  = local.package_path == null ? null : filebase64sha256(local.package_path)
  s3_bucket         = var.package.bucket
  s3_key            = var.package.key
  s3_object_version = var.package.version

  memory_size                    = each.value.memory
  timeout                        = each.value.timeout
  reserved_concurrent_executions = coalesce(lookup(local.reserved_concurrency, each.key, null), -1)
  kms_key_arn                    = var.kms_key_arn
  layers                         = var.layers
  publish                        = var.versions.publish

  environment {
    variables = merge(var.environment, local.function_environment)
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

  tags = var.tags

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

  depends_on = [aws_lambda_function.this, aws_lambda_alias.live, aws_sqs_queue.this]
}

resource "aws_lambda_permission" "bucket" {
  for_each = local.watched

  statement_id  = "bucket"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this[each.key].function_name
  qualifier     = local.qualifiers[each.key]
  principal     = var.bucket == null ? "s3.amazonaws.com" : "events.amazonaws.com"
  source_arn    = var.bucket == null ? local.bucket_arn : local.rule_arns[each.key]
  # A bucket's ARN names no account; a rule's does.
  source_account = var.bucket == null ? local.account_id : null
}

locals {
  function_environment = {
    for name, value in {
      SFN_CALLBACK_BUCKET                       = local.bucket_name
      SFN_CALLBACK_BUCKET_KEY_ARN               = var.bucket == null ? var.kms_key_arn : var.bucket.kms_key_arn
      SFN_CALLBACK_TABLE                        = local.table_name
      SFN_CALLBACK_WORKLOAD                     = var.workload
      SFN_CALLBACK_RETENTION_DAYS               = var.retention_days.data
      SFN_CALLBACK_MAX_CHUNKS                   = var.max_chunks
      SFN_CALLBACK_DOCUMENT_SUFFIXES            = length(var.document_suffixes) > 0 ? join(" ", sort(var.document_suffixes)) : null
      SFN_CALLBACK_STATE_MACHINE_ARN            = local.machine_arns["documents"]
      SFN_CALLBACK_PROCESS_FUNCTION             = "${var.name}-process:live"
      SFN_CALLBACK_LARGE_OUTPUTS                = var.task.large_outputs
      SFN_CALLBACK_DIRECT_MACHINE_ARN           = local.machine_arns["direct"]
      SFN_CALLBACK_APPROVALS_TOPIC              = local.topic_arns["approvals"]
      SFN_CALLBACK_PAGE_FUNCTION                = "${var.name}-page:live"
      SFN_CALLBACK_PAGE_URL                     = var.approval.url
      SFN_CALLBACK_WEBHOOK_SECRET               = var.approval.webhook_secret_arn
      SFN_CALLBACK_SWEPT_MACHINE_ARN            = one([for workflow in local.swept : local.machine_arns[workflow] if workflow == "documents"])
      SFN_CALLBACK_SWEEP_QUIET_SECONDS          = one(local.sweep[*].quiet_seconds)
      SFN_CALLBACK_TOLERATED_FAILURE_COUNT      = var.completion.tolerated_failure_count
      SFN_CALLBACK_TOLERATED_FAILURE_PERCENTAGE = var.completion.tolerated_failure_percentage
    } : name => tostring(value) if value != null
  }
}

resource "aws_lambda_event_source_mapping" "this" {
  for_each = local.consumed

  function_name           = aws_lambda_alias.live[each.value.handler].arn
  event_source_arn        = local.queue_arns[each.key]
  batch_size              = 1
  function_response_types = ["ReportBatchItemFailures"]
  tags                    = var.tags

  dynamic "scaling_config" {
    for_each = each.value.maximum_concurrency[*]
    content {
      maximum_concurrency = scaling_config.value
    }
  }

  depends_on = [aws_iam_role_policy.functions, aws_lambda_alias.live, aws_sqs_queue.this]
}

resource "aws_lambda_permission" "topic" {
  count = contains(keys(local.topics), "tasks") ? 1 : 0

  statement_id  = "topic"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this["topic_worker"].function_name
  qualifier     = local.qualifiers["topic_worker"]
  principal     = "sns.amazonaws.com"
  # Its ARN names its account, which SNS does not tell besides: with a source account nothing is delivered.
  # https://github.com/aws/aws-cli/issues/1996
  source_arn = local.topic_arns["tasks"]
}
