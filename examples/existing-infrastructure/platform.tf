# What was there before: all of it is yours, and the module changes none of it.

data "aws_partition" "current" {}
# For its region: of data.aws_region, provider 6 deprecates what provider 5 has.
data "aws_service_principal" "lambda" { service_name = "lambda" }
data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  region  = data.aws_service_principal.lambda.region
  arn     = "arn:${data.aws_partition.current.partition}"
  logs    = "${local.arn}:logs:${local.region}:${local.account}"
}

resource "aws_s3_bucket" "archive" {
  #checkov:skip=CKV_AWS_18:An access log is your platform's to have or to leave out.
  #checkov:skip=CKV_AWS_144:Replication is your platform's to have or to leave out.
  bucket        = "${var.name}-archive-${local.account}-${local.region}"
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "archive" {
  bucket                  = aws_s3_bucket.archive.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.platform.arn
    }
  }
}

resource "aws_s3_bucket_versioning" "archive" {
  bucket = aws_s3_bucket.archive.id

  versioning_configuration {
    status = "Enabled"
  }
}

# The whole of the bucket's notifications. Others of yours go here too, beside the switch.
resource "aws_s3_bucket_notification" "archive" {
  bucket      = aws_s3_bucket.archive.bucket # Its id is not known before it is made, and what the module plans would not be either.
  eventbridge = true

  depends_on = [aws_s3_bucket_versioning.archive, aws_s3_bucket_server_side_encryption_configuration.archive]
}

# What the module keeps for a while is yours to expire: not before its retention_days of data are over.
resource "aws_s3_bucket_lifecycle_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  dynamic "rule" {
    for_each = toset(["chunks", "results", "failures", "outputs"])
    content {
      id     = rule.key
      status = "Enabled"

      filter {
        prefix = "${rule.key}/"
      }
      expiration {
        days = 14
      }
      noncurrent_version_expiration {
        noncurrent_days = 1
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
  }

  depends_on = [aws_s3_bucket_versioning.archive]
}

# As docs/key-policy.md has it.
resource "aws_kms_key" "platform" {
  description             = "Encrypts what the platform keeps."
  enable_key_rotation     = true
  deletion_window_in_days = 7

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "IamDecides"
        Effect    = "Allow"
        Principal = { AWS = "${local.arn}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "EncryptLogs"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = [
          "${local.logs}:log-group:/aws/lambda/${var.name}-*", "${local.logs}:log-group:/aws/vendedlogs/states/${var.name}-*",
        ] } }
      },
      {
        Sid       = "DeliverLogsOfMachines"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = "kms:Decrypt"
        Resource  = "*"
        Condition = { StringEquals = { "kms:EncryptionContext:SourceArn" = "${local.logs}:*" } }
      },
      {
        Sid       = "QueueWhatRulesTell"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { ArnLike = { "aws:SourceArn" = "${local.arn}:events:${local.region}:${local.account}:rule/${var.name}-*" } }
      },
    ]
  })
}

resource "aws_vpc" "platform" {
  #checkov:skip=CKV2_AWS_11:Flow logs are your platform's to have or to leave out.
  cidr_block           = "10.20.0.0/20"
  enable_dns_support   = true
  enable_dns_hostnames = true
}

resource "aws_default_security_group" "platform" {
  vpc_id = aws_vpc.platform.id
}

resource "aws_subnet" "private" {
  for_each = { a = "10.20.0.0/24", b = "10.20.1.0/24" }

  vpc_id            = aws_vpc.platform.id
  cidr_block        = each.value
  availability_zone = "${local.region}${each.key}"
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.platform.id
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}

resource "aws_security_group" "functions" {
  name        = "${var.name}-functions"
  description = "Functions of the module: to the endpoints, and nowhere else."
  vpc_id      = aws_vpc.platform.id
}

resource "aws_vpc_security_group_egress_rule" "functions" {
  security_group_id = aws_security_group.functions.id
  description       = "The endpoints of AWS."
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "Endpoints of AWS: from the functions, and from nowhere else."
  vpc_id      = aws_vpc.platform.id
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  security_group_id            = aws_security_group.endpoints.id
  description                  = "The functions."
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.functions.id
}

# There is no way out of this network but these.
resource "aws_vpc_endpoint" "gateways" {
  for_each = toset(["s3", "dynamodb"])

  vpc_id            = aws_vpc.platform.id
  service_name      = "com.amazonaws.${local.region}.${each.key}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private.id]
}

resource "aws_vpc_endpoint" "interfaces" {
  for_each = toset(["states", "lambda", "logs", "kms", "sqs"])

  vpc_id              = aws_vpc.platform.id
  service_name        = "com.amazonaws.${local.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids  = [aws_security_group.endpoints.id]
}

# The most that any role here may do.
resource "aws_iam_policy" "boundary" {
  #checkov:skip=CKV_AWS_355:A boundary allows nothing by itself: it bounds what the policies of roles allow.
  #checkov:skip=CKV_AWS_290:A boundary allows nothing by itself: it bounds what the policies of roles allow.
  #checkov:skip=CKV_AWS_289:A boundary allows nothing by itself: it bounds what the policies of roles allow.
  #checkov:skip=CKV_AWS_288:A boundary allows nothing by itself: it bounds what the policies of roles allow.
  #checkov:skip=CKV_AWS_287:A boundary allows nothing by itself: it bounds what the policies of roles allow.
  #checkov:skip=CKV_AWS_286:A boundary allows nothing by itself: it bounds what the policies of roles allow.
  name = "${var.name}-boundary"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        "s3:*", "dynamodb:*", "sqs:*", "states:*", "lambda:InvokeFunction", "logs:*", "kms:Decrypt", "kms:GenerateDataKey",
        "ec2:*NetworkInterface*", "ec2:DescribeSubnets", "ec2:*PrivateIpAddresses",
      ]
      Resource = "*"
    }]
  })
}
