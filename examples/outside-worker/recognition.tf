# A stand-in for a service that recognises what it is started for, and tells a topic when it is done; and what listens there.
# Of these you keep the topic and the function `notices`, and name the topic when you start the service.

locals {
  recognized     = "${var.name}-recognized-${local.account}-${local.region}"
  chunk_objects  = "${local.arn}:s3:::${module.callback.bucket}/chunks/*"
  function_names = { for handler in ["recognition", "notices"] : handler => "${var.name}-${handler}" }

  functions = {
    recognition = {
      handler     = "recognition.recognize"
      at_once     = var.reserved_concurrency
      environment = { OUTPUT_BUCKET = local.recognized, NOTICES_TOPIC_ARN = aws_sns_topic.notices.arn }
      may = [
        { Effect = "Allow", Action = "s3:GetObject", Resource = local.chunk_objects },
        { Effect = "Allow", Action = "s3:PutObject", Resource = "${aws_s3_bucket.recognized.arn}/text/*" },
        { Effect = "Allow", Action = "sns:Publish", Resource = aws_sns_topic.notices.arn },
      ]
    }
    notices = {
      handler     = "recognition.report_notices"
      at_once     = null
      environment = { OUTPUT_BUCKET = local.recognized, SFN_CALLBACK_REPORT_FUNCTION = module.callback.reports.function_arn }
      may         = jsondecode(module.callback.reporter_policy).Statement
    }
  }
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50:Traces cost money: add a tracing_config where you want them.
  #checkov:skip=CKV_AWS_116:What fails three times is handed on again by the next round.
  #checkov:skip=CKV_AWS_117:It needs no network of yours.
  #checkov:skip=CKV_AWS_173:Its environment has names alone, and no secret.
  #checkov:skip=CKV_AWS_272:Signing code is your platform's to ask for.
  for_each = local.functions

  function_name    = local.function_names[each.key]
  role             = aws_iam_role.this[each.key].arn
  handler          = each.value.handler
  runtime          = "python3.13"
  filename         = var.package_path
  source_code_hash = filebase64sha256(var.package_path)
  memory_size      = 256
  timeout          = 60

  reserved_concurrent_executions = coalesce(each.value.at_once, -1)

  environment {
    variables = each.value.environment
  }

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this]
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts it by a key of its own.
  #checkov:skip=CKV_AWS_338:What is a year old tells nobody anything.
  for_each = local.function_names

  name              = "/aws/lambda/${each.value}"
  retention_in_days = 14
}

resource "aws_iam_role" "this" {
  for_each = local.function_names

  name = each.value

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "this" {
  for_each = local.functions

  name = "work"
  role = aws_iam_role.this[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(each.value.may, [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${local.arn}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${local.function_names[each.key]}:*"
    }])
  })
}

resource "aws_sns_topic" "notices" {
  name              = "${var.name}-notices"
  kms_master_key_id = "alias/aws/sns"
}

resource "aws_sns_topic_subscription" "notices" {
  topic_arn = aws_sns_topic.notices.arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.this["notices"].arn

  depends_on = [aws_lambda_permission.notices]
}

resource "aws_lambda_permission" "notices" {
  function_name = aws_lambda_function.this["notices"].function_name
  action        = "lambda:InvokeFunction"
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.notices.arn
}

resource "aws_s3_bucket" "recognized" {
  #checkov:skip=CKV_AWS_18:An access log is yours to have or to leave out.
  #checkov:skip=CKV_AWS_21:What is there is copied, and then needed no more.
  #checkov:skip=CKV_AWS_144:What is there is copied, and then needed no more.
  #checkov:skip=CKV_AWS_145:S3 encrypts it by a key of its own.
  #checkov:skip=CKV2_AWS_62:Nobody needs to hear of its objects but by the topic.
  bucket        = local.recognized
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "recognized" {
  bucket                  = aws_s3_bucket.recognized.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "recognized" {
  bucket = aws_s3_bucket.recognized.id

  rule {
    id     = "copied"
    status = "Enabled"

    filter {}
    expiration {
      days = 14
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}
