# A bucket of the caller's: EventBridge delivers, and all that is the bucket's own stays as it is.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name   = "docs"
  bucket = { name = "theirs", check = false }
}

run "a_bucket_of_the_callers" {
  command = plan

  assert {
    condition = length(concat(
      aws_s3_bucket.this[*], aws_s3_bucket_notification.this[*], aws_s3_bucket_policy.this[*], aws_s3_bucket_versioning.this[*],
      aws_s3_bucket_lifecycle_configuration.this[*], aws_s3_bucket_public_access_block.this[*],
      aws_s3_bucket_ownership_controls.this[*], aws_s3_bucket_server_side_encryption_configuration.this[*],
    )) == 0
    error_message = "The bucket's notifications, policy, lifecycle and the rest are the caller's."
  }
  assert {
    condition     = output.bucket == "theirs" && alltrue([for function in aws_lambda_function.this : function.environment[0].variables["SFN_CALLBACK_BUCKET"] == "theirs"])
    error_message = "The functions work in it."
  }
  assert {
    condition = alltrue([for policy in aws_iam_role_policy.functions : alltrue(flatten([
      for statement in jsondecode(policy.policy).Statement : [for resource in statement.Resource : !startswith(resource, "arn:aws:s3:") || startswith(resource, "arn:aws:s3:::theirs")]
    ]))])
    error_message = "The roles may work in it, and in no other."
  }
  assert {
    condition = { for handler, rule in aws_cloudwatch_event_rule.bucket : handler => jsondecode(rule.event_pattern) } == {
      for handler, prefix in { start = "documents/", process = "chunks/" } : handler => {
        source                       = ["aws.s3"]
        detail-type                  = ["Object Created"]
        account                      = ["123456789012"]
        detail                       = { bucket = { name = ["theirs"] }, object = { key = [{ prefix = prefix }] } }
      }
    }
    error_message = "One rule for each prefix."
  }
  assert {
    condition = alltrue([for handler, permission in aws_lambda_permission.bucket : (
      permission.principal == "events.amazonaws.com" && permission.source_account == null &&
      permission.source_arn == "arn:aws:events:eu-central-1:123456789012:rule/${aws_cloudwatch_event_rule.bucket[handler].name}"
    )]) && keys(aws_lambda_permission.bucket) == ["process"]
    error_message = "Only its rule may invoke a function."
  }
  assert {
    condition = alltrue([for target in aws_cloudwatch_event_target.bucket : (
      target.retry_policy[0].maximum_event_age_in_seconds == 86400 && target.retry_policy[0].maximum_retry_attempts == 185 && length(target.dead_letter_config) == 1
    )])
    error_message = "An event that Lambda does not take ends in a queue."
  }
  assert {
    condition = {
      for statement in jsondecode(aws_sqs_queue.this["starts"].policy).Statement : statement.Sid => [statement.Principal.Service, statement.Action, statement.Condition]
      if statement.Effect == "Allow"
    } == { NewInDocuments = ["events.amazonaws.com", "sqs:SendMessage", { ArnEquals = { "aws:SourceArn" = "arn:aws:events:eu-central-1:123456789012:rule/docs-start" } }] }
    error_message = "Only its rule may send to the queue in which documents wait."
  }
  assert {
    condition = {
      for statement in jsondecode(aws_sqs_queue.this["undelivered"].policy).Statement : statement.Sid => [statement.Principal.Service, statement.Action, statement.Condition.ArnEquals["aws:SourceArn"]]
      if statement.Effect == "Allow"
      } == {
      DeadLettersOfProcess = ["events.amazonaws.com", "sqs:SendMessage", "arn:aws:events:eu-central-1:123456789012:rule/docs-process"]
      DeadLettersOfStart   = ["events.amazonaws.com", "sqs:SendMessage", "arn:aws:events:eu-central-1:123456789012:rule/docs-start"]
    }
    error_message = "The queue takes the dead letters of these rules, and nobody else's."
  }
  assert {
    condition     = aws_lambda_function_event_invoke_config.this["process"].destination_config[0].on_failure[0].destination == "arn:aws:lambda:eu-central-1:123456789012:function:docs-chunk-failed:live"
    error_message = "EventBridge invokes asynchronously, so the on-failure destination is told."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : !contains(keys(function.environment[0].variables), "SFN_CALLBACK_PREFIX")])
    error_message = "An environment has no empty value."
  }
}

run "a_prefix_and_a_key_of_a_bucket_of_the_callers" {
  command = plan

  variables {
    bucket      = { name = "theirs", prefix = "team-a/", check = false, kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/bucket" }
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/module"
  }

  assert {
    condition = { for handler, rule in aws_cloudwatch_event_rule.bucket : handler => jsondecode(rule.event_pattern).detail.object.key } == {
      start = [{ prefix = "team-a/documents/" }], process = [{ prefix = "team-a/chunks/" }]
    }
    error_message = "The rules listen below it."
  }
  assert {
    condition = alltrue([for function in aws_lambda_function.this : (
      function.environment[0].variables["SFN_CALLBACK_BUCKET"] == "theirs" && function.environment[0].variables["SFN_CALLBACK_PREFIX"] == "team-a/"
    )])
    error_message = "The functions are told it."
  }
  assert {
    condition = alltrue([for policy in aws_iam_role_policy.functions : alltrue(flatten([
      for statement in jsondecode(policy.policy).Statement : [
        for resource in statement.Resource : !startswith(resource, "arn:aws:s3:::theirs/") || startswith(resource, "arn:aws:s3:::theirs/team-a/")
      ]
    ]))])
    error_message = "The roles may work below it, and nowhere else."
  }
  assert {
    condition = {
      for handler, function in aws_lambda_function.this : handler => jsondecode(function.environment[0].variables["SFN_CALLBACK_MANIFEST"]).events
      if contains(["start", "process"], handler)
      } == {
      start   = [{ service = "events.amazonaws.com", to = "docs-starts", prefix = "team-a/documents/", rule = "docs-start" }]
      process = [{ service = "events.amazonaws.com", to = "docs-process", prefix = "team-a/chunks/", rule = "docs-process" }]
    }
    error_message = "The functions say whose rules tell them of what."
  }
  assert {
    condition = alltrue([for policy in aws_iam_role_policy.functions : [
      for statement in jsondecode(policy.policy).Statement : statement.Resource if statement.Sid == "UseKey"
    ] == [["arn:aws:kms:eu-central-1:123456789012:key/module", "arn:aws:kms:eu-central-1:123456789012:key/bucket"]]])
    error_message = "Both keys may be used."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.environment[0].variables["SFN_CALLBACK_BUCKET_KEY_ARN"] == var.bucket.kms_key_arn])
    error_message = "What is written names the bucket's key, not the module's."
  }
}

run "a_bucket_that_tells_eventbridge_is_taken_as_it_is" {
  command = plan

  variables {
    bucket      = { name = "theirs" }
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/module"
  }

  override_data {
    target = data.aws_cloudcontrolapi_resource.bucket[0]
    values = { properties = "{\"NotificationConfiguration\": {\"EventBridgeConfiguration\": {\"EventBridgeEnabled\": true}}}" }
  }

  assert {
    condition     = data.aws_cloudcontrolapi_resource.bucket[0].identifier == "theirs"
    error_message = "It is looked at."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : !contains(keys(function.environment[0].variables), "SFN_CALLBACK_BUCKET_KEY_ARN")])
    error_message = "Without a key of its own, the bucket's own encryption applies."
  }
}

run "a_bucket_whose_switch_is_off_is_warned_of" {
  command = plan

  variables {
    bucket = { name = "theirs" }
  }

  override_data {
    target = data.aws_cloudcontrolapi_resource.bucket[0]
    values = { properties = "{\"NotificationConfiguration\": {}}" }
  }

  expect_failures = [check.the_bucket_tells_eventbridge]
}
