# The sweeper, where it is switched on. That it is off by default: defaults.tftest.hcl.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name   = "docs"
  alarms = { topic_arn = "arn:aws:sns:eu-central-1:123456789012:operators" }
}

run "the_ledger_is_swept_on_a_schedule" {
  command = plan

  variables {
    workflows       = ["documents", "direct", "queue", "topic", "approval"]
    sweep           = {}
    metrics         = true
    versions        = { publish = true }
    timeout_seconds = { process = 100 }
    tags            = { Team = "data" }
    resume_resources = concat(
      [for number in range(40) : "arn:aws:states:eu-central-1:123456789012:stateMachine:a-machine-of-a-team-${number}"],
      ["arn:aws:states:eu-central-1:123456789012:stateMachine:orders-*"],
    )
  }

  assert {
    condition     = aws_cloudwatch_event_rule.sweep[0].schedule_expression == "rate(15 minutes)" && aws_cloudwatch_event_rule.sweep[0].tags.Team == "data"
    error_message = "Every quarter of an hour, unless something else is said."
  }
  assert {
    condition = (
      aws_cloudwatch_event_target.sweep[0].arn == "arn:aws:lambda:eu-central-1:123456789012:function:docs-sweep:live" &&
      aws_lambda_permission.sweep[0].source_arn == "arn:aws:events:eu-central-1:123456789012:rule/docs-sweep" &&
      aws_lambda_permission.sweep[0].qualifier == "live" && aws_lambda_permission.sweep[0].principal == "events.amazonaws.com"
    )
    error_message = "The rule invokes the alias, and only this rule may."
  }
  assert {
    condition = (
      aws_lambda_function.this["sweep"].environment[0].variables["SFN_CALLBACK_SWEEP_QUIET_SECONDS"] == "540" &&
      aws_lambda_function.this["sweep"].environment[0].variables["SFN_CALLBACK_SWEPT_MACHINE_ARN"] == "arn:aws:states:eu-central-1:123456789012:stateMachine:docs-documents"
    )
    error_message = "Nothing is sent again before three attempts can be over."
  }
  assert {
    condition = [
      for field in ["metric_name", "namespace", "statistic", "period", "evaluation_periods", "threshold", "treat_missing_data"] :
      tostring(aws_cloudwatch_metric_alarm.this["oldest-open-job"][field])
    ] == ["OldestOpenJobSeconds", "SfnCallback/docs", "Maximum", "900", "2", "9000", "missing"]
    error_message = "A job that has half of its time behind it is told, and without a sweep nothing is said."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["sweep-errors"].period == 900 && aws_cloudwatch_metric_alarm.this["sweep-errors"].evaluation_periods == 2
    error_message = "Its errors are looked for as often as it runs."
  }
  assert {
    condition = {
      for filter in aws_cloudwatch_log_metric_filter.this : filter.metric_transformation[0].name => filter.metric_transformation[0].value if endswith(filter.name, "-sweep")
    } == { OldestOpenJobSeconds = "$.oldest_seconds", VerdictsSentAgain = "1", ChunksNeverCome = "$.missing", OrphansClosed = "1", VerdictsNotDelivered = "1" }
    error_message = "What it finds is counted."
  }
  assert {
    condition     = alltrue([for handler, policy in output.role_policies : length(split("stateMachine:a-machine-of-a-team-7\"", policy)) <= 2])
    error_message = "A role names a machine once."
  }
  assert {
    condition = contains(one([
      for statement in jsondecode(output.role_policies["sweep"]).Statement : statement.Resource if statement.Sid == "LookAtAskers"
    ]), "arn:aws:states:eu-central-1:123456789012:execution:orders-*:*")
    error_message = "Executions of machines that are named by what they begin with are looked at."
  }
}

run "approvals_alone_are_swept_without_a_look_at_chunks" {
  command = plan

  variables {
    workflows = ["approval"]
    sweep     = { minutes = 1 }
  }

  assert {
    condition     = aws_cloudwatch_event_rule.sweep[0].schedule_expression == "rate(1 minute)" && !contains(keys(aws_cloudwatch_metric_alarm.this), "oldest-open-job") && contains(keys(aws_cloudwatch_metric_alarm.this), "sweep-errors")
    error_message = "Approvals wait for people, and how long is theirs to say."
  }
  assert {
    condition     = !strcontains(output.role_policies["sweep"], "s3:") && !strcontains(output.role_policies["sweep"], "lambda:InvokeFunction")
    error_message = "There are no chunks to send again, and no job."
  }
  assert {
    condition = one([
      for statement in jsondecode(output.role_policies["sweep"]).Statement : statement.Resource if contains(flatten([statement.Action]), "states:ListExecutions")
    ]) == [local.machine_arns["approval"]]
    error_message = "Which executions still ask is told by one list of them."
  }
}
