# Documents in parts, where they are switched on. That nothing is made of them by default: defaults.tftest.hcl.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name  = "docs"
  parts = { over_mb = 32, max_concurrency = 100 }
}

run "large_documents_have_a_machine_of_their_own" {
  command = plan

  variables {
    bucket        = { name = "theirs", prefix = "team-a/", check = false }
    notifications = { topic_arn = "arn:aws:sns:eu-central-1:123456789012:operators" }
  }

  assert {
    condition     = keys(aws_sfn_state_machine.this) == ["documents", "parts"] && aws_sfn_state_machine.this["parts"].name == "docs-parts"
    error_message = "Parts are executions of the documents machine, which is there as before."
  }
  assert {
    condition     = jsondecode(aws_sfn_state_machine.this["parts"].definition).States.RunParts.MaxConcurrency == 100
    error_message = "As many parts at once as was said."
  }
  assert {
    condition = (
      aws_lambda_function.this["start"].environment[0].variables["SFN_CALLBACK_PARTS_OVER_MB"] == "32" &&
      aws_lambda_function.this["start"].environment[0].variables["SFN_CALLBACK_PARTS_MACHINE_ARN"] == "arn:aws:states:eu-central-1:123456789012:stateMachine:docs-parts"
    )
    error_message = "The function start chooses by the size."
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.ends[0].event_pattern).detail.name == [{ anything-but = { prefix = "part_" } }]
    error_message = "A document ends once, however many parts it has."
  }
  assert {
    condition = (
      output.callback_states["documents"].jsonpath.Parameters.StateMachineArn == "arn:aws:states:eu-central-1:123456789012:stateMachine:docs-parts" &&
      output.callback_states["documents"].jsonpath.TimeoutSeconds == 86460 && strcontains(output.callback_policies["documents"], "stateMachine:docs-parts")
    )
    error_message = "A machine of the caller's calls the one that takes documents of every size."
  }
}

run "without_documents_there_is_nothing_of_theirs" {
  command = plan

  variables {
    workflows = ["direct", "queue", "topic"]
    bucket    = { name = "theirs", check = false }
    pending   = { doors = ["queue", "topic", "url"], result_buckets = ["scans"], reporters = ["arn:aws:iam::999999999999:role/worker"] }
  }

  assert {
    condition     = keys(aws_sfn_state_machine.this) == ["direct", "queue", "topic"]
    error_message = "Parts are of documents."
  }
  assert {
    condition = (
      !contains(keys(aws_lambda_function.this), "report") && !contains(keys(aws_sqs_queue.this), "reports") && keys(aws_sns_topic.this) == ["tasks"] &&
      length(aws_lambda_permission.reporters) + length(aws_lambda_function_url.this) == 0 && output.reports == null && output.reporter_policy == null
    )
    error_message = "Chunks are of documents."
  }
  assert {
    condition     = length(aws_cloudwatch_event_rule.bucket) + length(aws_s3_bucket.this) == 0 && strcontains(aws_iam_role_policy.functions["direct_worker"].policy, "arn:aws:s3:::theirs/outputs/*")
    error_message = "Large outputs are stored in it, and that is all."
  }
  assert {
    condition     = length(aws_lambda_function_url.this) == 0 && !contains(keys(aws_lambda_function.this), "http_start") && output.start_url == null
    error_message = "There is no URL unless it is asked for."
  }
}
