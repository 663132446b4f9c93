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

run "parts_expire_as_results_do" {
  command = plan

  assert {
    condition     = contains([for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.id], "parts")
    error_message = "What parts are combined to is kept as long as data is."
  }
}

run "without_documents_there_are_no_parts" {
  command = plan

  variables {
    workflows = ["direct"]
  }

  assert {
    condition     = keys(aws_sfn_state_machine.this) == ["direct"]
    error_message = "Parts are of documents."
  }
}
