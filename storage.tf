locals {
  # A worker's output may be too large for Step Functions; an approval's cannot.
  buckets = local.own_bucket && length(setsubtract(local.wanted, ["approval"])) > 0 ? 1 : 0
  ledgers = length(setintersection(local.wanted, ["documents", "approval"])) > 0 ? 1 : 0

  bucket_name = local.own_bucket ? "${var.name}-${local.account_id}-${local.region}" : try(coalesce(var.bucket.name), "missing")
  bucket_arn  = "arn:${local.partition}:s3:::${local.bucket_name}"
  # What all keys in the bucket begin with: lambda_src/sfn_callback/layout.py makes them.
  prefix      = local.own_bucket ? "" : try(coalesce(var.bucket.prefix), "")
  objects_arn = "${local.bucket_arn}/${local.prefix}"
  expiring    = concat(["chunks", "failures", "outputs", "results"], local.has_parts ? ["parts"] : [])
  kept        = concat(["documents", "merged"], local.has_durable ? ["durable"] : [])
  table_name  = "${var.name}-ledger"
  table_arn   = "${local.arn.dynamodb}:table/${local.table_name}"
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:An access log needs a bucket of the caller's; CloudTrail's data events say the same without one.
  #checkov:skip=CKV_AWS_144:What lies here is made again from its document within a job; to copy documents is the caller's choice.
  count = local.buckets

  bucket        = local.bucket_name
  force_destroy = var.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "this" {
  count = local.buckets

  bucket                  = aws_s3_bucket.this[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  count = local.buckets

  bucket = aws_s3_bucket.this[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  count = local.buckets

  bucket = aws_s3_bucket.this[0].id

  rule {
    bucket_key_enabled = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  count = local.buckets

  bucket = aws_s3_bucket.this[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_policy" "this" {
  count = local.buckets

  bucket = aws_s3_bucket.this[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for refusal in local.refusals.all : merge(refusal, { Action = "s3:*", Resource = [local.bucket_arn, "${local.bucket_arn}/*"] })
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count = local.buckets

  bucket = aws_s3_bucket.this[0].id

  # What you delete or overwrite is gone for good after a while, but not under a split that still reads it.
  dynamic "rule" {
    for_each = concat(
      [for folder in local.expiring : { folder = folder, id = folder, days = [var.retention_days.data] }],
      [for folder in local.kept : { folder = folder, id = "old-${folder}", days = [] }],
    )
    content {
      id     = rule.value.id
      status = "Enabled"

      filter {
        prefix = "${rule.value.folder}/"
      }
      dynamic "expiration" {
        for_each = rule.value.days
        content {
          days = expiration.value
        }
      }
      noncurrent_version_expiration {
        noncurrent_days = length(rule.value.days) > 0 ? 1 : var.retention_days.data
      }
    }
  }

  rule {
    id     = "leftovers"
    status = "Enabled"

    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
    # An expired object of a bucket with versions leaves a delete marker behind.
    expiration {
      expired_object_delete_marker = true
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_notification" "this" {
  count = local.own_bucket && contains(local.wanted, "documents") ? 1 : 0

  bucket      = aws_s3_bucket.this[0].id
  eventbridge = var.eventbridge

  dynamic "lambda_function" {
    for_each = local.invoked
    content {
      id                  = lambda_function.key
      lambda_function_arn = aws_lambda_alias.live[lambda_function.key].arn
      events              = ["s3:ObjectCreated:*"]
      filter_prefix       = lambda_function.value
    }
  }

  dynamic "queue" {
    for_each = local.queued
    content {
      id            = queue.key
      queue_arn     = aws_sqs_queue.this[queue.value].arn
      events        = ["s3:ObjectCreated:*"]
      filter_prefix = local.watched[queue.key]
    }
  }

  # The first event may come at once: all that it meets is there before.
  depends_on = [
    aws_lambda_permission.bucket,
    aws_lambda_function_event_invoke_config.this,
    aws_sfn_state_machine.this,
    aws_s3_bucket_versioning.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
  ]
}

resource "aws_dynamodb_table" "ledger" {
  #checkov:skip=CKV_AWS_119:A key of the caller's is the caller's choice (kms_key_arn); without one DynamoDB encrypts with its own.
  count = local.ledgers

  name         = local.table_name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  tags         = var.tags

  # Another name would be another table, and all that waits would be forgotten: as for the bucket, that has to be meant.
  deletion_protection_enabled = !var.force_destroy

  attribute {
    name = "pk"
    type = "S"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  # Without a key of the caller's, DynamoDB encrypts with one of its own, which is what "disabled" means here.
  server_side_encryption {
    enabled     = var.kms_key_arn != null
    kms_key_arn = var.kms_key_arn
  }
}
