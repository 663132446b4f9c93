# Chunks that are finished elsewhere, where `pending` is set. That nothing is made for them by default: defaults.tftest.hcl.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name = "docs"
}

run "chunks_are_reported_by_the_function_and_the_queue" {
  command = plan

  variables {
    metrics = true
    pending = {}
  }

  assert {
    condition = (
      aws_lambda_function.this["report"].function_name == "docs-report" && aws_lambda_function.this["report"].memory_size == 512 && aws_lambda_function.this["report"].timeout == 60 &&
      aws_lambda_function_event_invoke_config.this["report"].destination_config[0].on_failure[0].destination == "arn:aws:sqs:eu-central-1:123456789012:docs-undelivered"
    )
    error_message = "What is reported asynchronously is lost without a trace nowhere."
  }
  assert {
    condition = {
      for name, value in aws_lambda_function.this["process"].environment[0].variables : name => value if can(regex("PENDING|REPORT|RESULT_BUCKETS", name))
    } == { SFN_CALLBACK_PENDING_HEARTBEAT_SECONDS = "900", SFN_CALLBACK_REPORT_FUNCTION = "docs-report:live" }
    error_message = "A chunk is heard of for a quarter of an hour unless something else is said."
  }
  # https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
  assert {
    condition = (
      aws_lambda_event_source_mapping.this["reports"].batch_size == 100 && aws_lambda_event_source_mapping.this["reports"].maximum_batching_window_in_seconds == 1 &&
      aws_lambda_event_source_mapping.this["reports"].function_response_types == toset(["ReportBatchItemFailures"])
    )
    error_message = "More than ten messages at a time need a second to come together, and each is judged by itself."
  }
  assert {
    condition     = aws_lambda_event_source_mapping.this["starts"].maximum_batching_window_in_seconds == null
    error_message = "Documents wait for no others."
  }
  assert {
    condition = (
      local.queues["reports"].dead_letter == "undelivered" && aws_sqs_queue.this["reports"].visibility_timeout_seconds == 6 * aws_lambda_function.this["report"].timeout &&
      local.queues["reports"].receives * aws_sqs_queue.this["reports"].visibility_timeout_seconds == 4 * 3600
    )
    error_message = "A report outlasts four hours of throttling, and then a person is told."
  }
  assert {
    condition = alltrue([for statement in jsondecode(aws_sqs_queue.this["reports"].policy).Statement : statement.Effect == "Deny"]) && (
      length(aws_sns_topic.this) + length(aws_sns_topic_subscription.worker) + length(aws_lambda_function_url.this) + length(aws_lambda_permission.reporters) == 0
    )
    error_message = "Nobody is let in, and the other doors are shut."
  }
  assert {
    condition = toset([
      for statement in jsondecode(output.reporter_policy).Statement : "${statement.Sid} ${join(" ", statement.Action)} ${join(" ", statement.Resource)}"
      ]) == toset([
      "InvokeReport lambda:InvokeFunction arn:aws:lambda:eu-central-1:123456789012:function:docs-report:live",
      "SendReports sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:docs-reports",
    ])
    error_message = "A role of this account needs this policy and nothing else."
  }
  assert {
    condition     = output.reports.function_name == "docs-report" && output.reports.topic_arn == null && output.reports.url == null
    error_message = "Doors that are shut have no address."
  }
  assert {
    condition = alltrue([
      for filter in ["ChunksDone-report", "ChunksFailed-report", "ChunksPending-process", "ReportsNotTaken-report", "VerdictsNotDelivered-report"] :
      contains(keys(aws_cloudwatch_log_metric_filter.this), filter)
    ])
    error_message = "Whoever finishes a chunk, it is done once."
  }
}

run "the_topic_and_the_url_are_doors_too" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234"
    pending     = { doors = ["topic", "url"], heartbeat_seconds = 60, result_buckets = ["scans/out", "texts"] }
  }

  assert {
    condition = (
      keys(aws_sqs_queue.this) == ["starts", "undelivered"] && !contains(keys(aws_lambda_event_source_mapping.this), "reports") &&
      !strcontains(output.role_policies["report"], "docs-reports")
    )
    error_message = "The queue is shut."
  }
  assert {
    condition = (
      aws_sns_topic.this["reports"].name == "docs-reports" && keys(aws_sns_topic_subscription.worker) == ["report"] &&
      aws_lambda_permission.topic["report"].source_arn == "arn:aws:sns:eu-central-1:123456789012:docs-reports" && aws_lambda_permission.topic["report"].qualifier == "live"
    )
    error_message = "The topic tells the function's alias."
  }
  assert {
    condition = [
      for statement in jsondecode(aws_sqs_queue.this["undelivered"].policy).Statement : [statement.Principal.Service, statement.Condition.ArnEquals["aws:SourceArn"]] if statement.Effect == "Allow"
    ] == [["sns.amazonaws.com", "arn:aws:sns:eu-central-1:123456789012:docs-reports"]]
    error_message = "What the topic cannot deliver is kept for a person."
  }
  assert {
    condition = aws_lambda_function_url.this["report"].authorization_type == "NONE" && aws_lambda_function_url.this["report"].qualifier == "live" && {
      for name, resource in jsondecode(aws_cloudformation_stack.public["report"].template_body).Resources : name => resource.Properties.FunctionName
    } == { OpenUrl = "docs-report:live", InvokeThroughUrl = "docs-report:live" }
    error_message = "Whoever has a token may report over HTTP."
  }
  assert {
    condition     = aws_lambda_function.this["report"].environment[0].variables["SFN_CALLBACK_RESULT_BUCKETS"] == "scans/out/ texts/" && aws_lambda_function.this["report"].environment[0].variables["SFN_CALLBACK_PENDING_HEARTBEAT_SECONDS"] == "60"
    error_message = "The function knows where results may lie."
  }
  assert {
    condition = [
      for statement in jsondecode(output.role_policies["report"]).Statement : [statement.Resource, statement.Condition] if statement.Sid == "ReadResultBuckets"
    ] == [[["arn:aws:s3:::scans/out/*", "arn:aws:s3:::texts/*"], { StringEquals = { "aws:ResourceAccount" = "123456789012" } }]]
    error_message = "It reads what is there, in this account, and does not list it."
  }
  assert {
    condition = { for statement in jsondecode(output.reporter_policy).Statement : statement.Sid => try(statement.Condition, null) } == {
      InvokeReport = null, PublishReports = null
      UseKey       = { StringEquals = { "kms:ViaService" = ["sns.eu-central-1.amazonaws.com"] } }
    }
    error_message = "Who publishes uses the topic's key."
  }
}

run "reporters_of_other_accounts_are_let_in_by_name" {
  command = plan

  variables {
    pending = {
      doors     = ["queue", "topic", "url"]
      reporters = ["arn:aws:iam::999999999999:role/gpu/worker"]

      # As long as all rounds: beyond, tests/module/refusals.py has what is warned of.
      longest_seconds   = 10800
      heartbeat_seconds = 3599
    }
  }

  assert {
    condition = [for permission in aws_lambda_permission.reporters : [permission.principal, permission.qualifier, permission.action]] == [
      ["arn:aws:iam::999999999999:role/gpu/worker", "live", "lambda:InvokeFunction"]
    ]
    error_message = "The role may invoke the alias."
  }
  assert {
    condition = {
      queue = [for statement in jsondecode(aws_sqs_queue.this["reports"].policy).Statement : [statement.Action, statement.Principal.AWS] if statement.Effect == "Allow"]
      topic = [for statement in jsondecode(aws_sns_topic.this["reports"].policy).Statement : [statement.Action, statement.Principal.AWS] if statement.Effect == "Allow"]
      } == {
      queue = [["sqs:SendMessage", ["arn:aws:iam::999999999999:role/gpu/worker"]]]
      topic = [["sns:Publish", ["arn:aws:iam::999999999999:role/gpu/worker"]]]
    }
    error_message = "It may send and publish, and nothing else."
  }
  assert {
    condition     = length([for queue, made in aws_sqs_queue.this : queue if strcontains(made.policy, "999999999999")]) == 1 && !strcontains(aws_s3_bucket_policy.this[0].policy, "999999999999")
    error_message = "No other queue knows it, nor does the bucket."
  }
}
