# All that the module can make, planned at once: what the tests of its policies read.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "everything_is_planned" {
  command = plan

  variables {
    name              = "docs"
    workflows         = ["documents", "direct", "queue", "topic", "approval"]
    resume_resources  = ["arn:aws:states:eu-central-1:123456789012:stateMachine:theirs"]
    durable_functions = ["arn:aws:lambda:eu-central-1:123456789012:function:theirs"]
    http_start        = true
    sweep             = {}
    parts             = {}
    pending           = { doors = ["queue", "topic", "url"], result_buckets = ["theirs/out"], reporters = ["arn:aws:iam::999999999999:role/worker"] }
    xray_tracing      = true
    kms_key_arn       = "arn:aws:kms:eu-central-1:123456789012:key/1234"
    vpc               = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
    approval          = { webhook_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hook-AbCdEf" }
  }

  assert {
    condition     = length(aws_sfn_state_machine.this) == 6
    error_message = "All workflows are planned."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.environment[0].variables["SFN_CALLBACK_BUCKET_KEY_ARN"] == var.kms_key_arn])
    error_message = "What is written to the module's bucket names the module's key."
  }
  assert {
    condition     = alltrue([for handler in keys(aws_lambda_function.this) : fileexists("lambda_src/sfn_callback/handlers/${handler}.py")])
    error_message = "Every row of local.handlers has its file."
  }
  assert {
    condition     = length(fileset("lambda_src/sfn_callback/handlers", "[^_]*.py")) == length(aws_lambda_function.this)
    error_message = "Every handler's file has its row in local.handlers."
  }
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) + length(aws_cloudwatch_log_metric_filter.this) + length(aws_cloudwatch_dashboard.this) + length(aws_cloudwatch_event_rule.ends) == 0 && output.alarm_arns == {}
    error_message = "No topic, no alarm."
  }
}
