# Published versions and their alias: whoever invokes, invokes the alias, and what belongs to an invocation is the alias's.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name       = "docs"
  workflows  = ["documents", "direct", "queue", "topic", "approval"]
  http_start = true
  approval   = { reserved_concurrency = 5 }
  versions   = { publish = true, live = { merge = "7" } }
}

run "versions_are_published" {
  command = plan

  assert {
    condition     = keys(aws_lambda_alias.live) == keys(aws_lambda_function.this) && alltrue([for function in aws_lambda_function.this : function.publish])
    error_message = "Every function has an alias, and is published."
  }
  assert {
    condition = alltrue(flatten([
      for machine in aws_sfn_state_machine.this : [
        for state in jsondecode(machine.definition).States : endswith(state.Parameters.FunctionName, ":live") if can(state.Parameters.FunctionName)
      ]
    ]))
    error_message = "The machines invoke the alias."
  }
  assert {
    condition     = alltrue([for variables in [aws_lambda_function.this["redrive"].environment[0].variables] : variables["SFN_CALLBACK_PROCESS_FUNCTION"] == "docs-process:live" && variables["SFN_CALLBACK_PAGE_FUNCTION"] == "docs-page:live"])
    error_message = "So do the functions."
  }
  assert {
    condition     = [for url in aws_lambda_function_url.this : url.qualifier] == ["live", "live"]
    error_message = "A function URL is the alias's."
  }
  assert {
    condition     = alltrue([for config in aws_lambda_function_event_invoke_config.this : config.qualifier == "live"]) && length(aws_lambda_function_event_invoke_config.this) == 5
    error_message = "An alias without a configuration of its own has no on-failure destination."
  }
  assert {
    condition     = aws_lambda_function_event_invoke_config.this["process"].destination_config[0].on_failure[0].destination == "arn:aws:lambda:eu-central-1:123456789012:function:docs-chunk-failed:live"
    error_message = "The destination is an alias, too."
  }
  assert {
    condition     = alltrue([for permission in concat(values(aws_lambda_permission.bucket), values(aws_lambda_permission.topic)) : permission.qualifier == "live"])
    error_message = "A permission is the alias's."
  }
  assert {
    condition = alltrue(flatten([
      for policy in concat(values(aws_iam_role_policy.functions), values(aws_iam_role_policy.machines)) : [
        for statement in jsondecode(policy.policy).Statement : [for resource in statement.Resource : endswith(resource, ":live")]
        if statement.Effect == "Allow" && contains(statement.Action, "lambda:InvokeFunction")
      ]
    ]))
    error_message = "A role may invoke the alias, which is what it invokes."
  }
  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.functions["ask"].policy).Statement : statement.Resource if statement.Sid == "LookUpPage"
    ] == [["arn:aws:lambda:eu-central-1:123456789012:function:docs-page", "arn:aws:lambda:eu-central-1:123456789012:function:docs-page:live"]]
    error_message = "Who asks may look up the alias's URL."
  }
  assert {
    condition     = aws_lambda_function.this["page"].reserved_concurrent_executions == 5
    error_message = "A reservation is the function's, for all its versions."
  }
  assert {
    condition     = aws_lambda_alias.live["merge"].function_version == "7"
    error_message = "The alias points to the version that is pinned."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : length(function.snap_start) == 0])
    error_message = "A snapshot costs money, so that it is asked for."
  }
}

run "without_publishing_the_alias_points_to_what_was_uploaded_last" {
  command = plan

  variables {
    versions = {}
  }

  assert {
    condition     = alltrue([for alias in aws_lambda_alias.live : alias.function_version == "$LATEST"]) && length(aws_lambda_alias.live) == length(aws_lambda_function.this)
    error_message = "Every function has its alias."
  }
  assert {
    condition     = output.function_versions == {} && alltrue([for config in aws_lambda_function_event_invoke_config.this : config.qualifier == "live"])
    error_message = "There is no version to tell, and what belongs to an invocation is the alias's all the same."
  }
}

run "functions_that_are_named_are_restored_from_a_snapshot" {
  command = plan

  variables {
    workflows            = ["documents", "approval"]
    runtime              = "python3.12"
    ephemeral_storage_mb = { split = 1024, process = 512 }
    images               = { merge = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/scans:1" }
    versions             = { publish = true, snap_start = ["process", "page", "merge"] }
  }

  assert {
    condition = {
      for handler, function in aws_lambda_function.this : handler => [for block in function.snap_start : block.apply_on] if length(function.snap_start) > 0
    } == { for handler in ["merge", "page", "process"] : handler => ["PublishedVersions"] }
    error_message = "They are, an image too, and no other."
  }
}

run "other_functions_have_any_runtime_and_any_size_of_tmp" {
  command = plan

  variables {
    workflows            = ["documents"]
    runtime              = "python3.11"
    ephemeral_storage_mb = { process = 1024 }
    images               = { merge = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/scans:1" }
    versions             = { publish = true, snap_start = ["merge"] }
  }

  assert {
    condition     = length(aws_lambda_function.this["merge"].snap_start) == 1
    error_message = "An image has a runtime of its own."
  }
}
