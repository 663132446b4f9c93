# The alarms, and what warns of settings that may be regretted.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name = "docs"
}

run "somebody_is_told_what_nobody_could_handle" {
  command = plan

  variables {
    alarms = { topic_arn = "arn:aws:sns:eu-central-1:123456789012:operators" }
    tags   = { Team = "data" }
  }

  assert {
    condition = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(concat(
      ["chunk-failed-destination", "process-destination", "start-destination", "starts", "undelivered", "verdicts", "overdue", "not-started"],
      ["documents-failed", "documents-timed-out", "documents-throttled"],
      [for handler in keys(aws_lambda_function.this) : "${replace(handler, "_", "-")}-errors"],
    ))
    error_message = "Each way in which something gets lost has an alarm."
  }
  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : (
      alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:123456789012:operators"]) && alarm.ok_actions == alarm.alarm_actions &&
      alarm.comparison_operator == "GreaterThanThreshold" && alarm.threshold == (alarm.alarm_name == "docs-starts" ? 3600 : 0) &&
      coalesce(alarm.actions_enabled, true) && length(alarm.alarm_description) > 20 && alarm.tags.Team == "data"
    )])
    error_message = "Every alarm tells the topic, and says what has happened."
  }
  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : (
      can(regex(" Runbook: docs/runbook[.]md, '[^']+'[.]$", alarm.alarm_description)) && length(alarm.alarm_description) <= 1024
    )])
    error_message = "Every alarm says which section of the runbook is about it."
  }
  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["undelivered"].alarm_name == "docs-undelivered" &&
      aws_cloudwatch_metric_alarm.this["undelivered"].namespace == "AWS/SQS" &&
      aws_cloudwatch_metric_alarm.this["undelivered"].metric_name == "ApproximateNumberOfMessagesVisible" &&
      aws_cloudwatch_metric_alarm.this["undelivered"].statistic == "Maximum" &&
      aws_cloudwatch_metric_alarm.this["undelivered"].dimensions == tomap({ QueueName = aws_sqs_queue.this["undelivered"].name })
    )
    error_message = "The queue of what nobody could handle is watched."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["undelivered"].treat_missing_data == "ignore"
    error_message = "CloudWatch forgets a queue that nobody touches, and the alarm must outlast that."
  }
  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["starts"].metric_name == "ApproximateAgeOfOldestMessage" && aws_cloudwatch_metric_alarm.this["starts"].statistic == "Maximum" &&
      aws_cloudwatch_metric_alarm.this["starts"].dimensions == tomap({ QueueName = aws_sqs_queue.this["starts"].name })
    )
    error_message = "A document that nobody starts is told."
  }
  assert {
    condition = alltrue([for handler in ["start", "process", "chunk_failed"] : (
      aws_cloudwatch_metric_alarm.this["${replace(handler, "_", "-")}-destination"].metric_name == "DestinationDeliveryFailures" &&
      aws_cloudwatch_metric_alarm.this["${replace(handler, "_", "-")}-destination"].dimensions == tomap({ FunctionName = aws_lambda_function.this[handler].function_name })
    )])
    error_message = "Every on-failure destination is watched."
  }
  assert {
    condition = {
      for alarm, made in aws_cloudwatch_metric_alarm.this : "${made.period} ${made.evaluation_periods}" => alarm...
      } == {
      "60 1"  = ["chunk-failed-destination", "documents-failed", "documents-throttled", "documents-timed-out", "overdue", "process-destination", "start-destination", "starts", "undelivered", "verdicts"]
      "300 3" = [for alarm in sort(concat(["not-started"], [for handler in keys(aws_lambda_function.this) : "${replace(handler, "_", "-")}-errors"])) : alarm]
    }
    error_message = "What is lost or has ended is told at once; errors that are tried again when they last."
  }
  assert {
    condition = { for end in ["failed", "timed-out", "throttled"] : end => [
      aws_cloudwatch_metric_alarm.this["documents-${end}"].namespace, aws_cloudwatch_metric_alarm.this["documents-${end}"].metric_name, aws_cloudwatch_metric_alarm.this["documents-${end}"].dimensions["StateMachineArn"]
      ] } == {
      failed    = ["AWS/States", "ExecutionsFailed", "arn:aws:states:eu-central-1:123456789012:stateMachine:docs-documents"]
      timed-out = ["AWS/States", "ExecutionsTimedOut", "arn:aws:states:eu-central-1:123456789012:stateMachine:docs-documents"]
      throttled = ["AWS/States", "ExecutionThrottled", "arn:aws:states:eu-central-1:123456789012:stateMachine:docs-documents"]
    }
    error_message = "Each way in which an execution goes wrong is watched."
  }
  assert {
    condition = alltrue([for handler, function in aws_lambda_function.this : (
      aws_cloudwatch_metric_alarm.this["${replace(handler, "_", "-")}-errors"].metric_name == "Errors" &&
      aws_cloudwatch_metric_alarm.this["${replace(handler, "_", "-")}-errors"].dimensions == tomap({ FunctionName = function.function_name })
    )])
    error_message = "Every function is watched."
  }
  assert {
    condition = (
      keys(aws_cloudwatch_log_metric_filter.this) == ["DocumentsNotStarted-start", "Rounds-redrive", "VerdictsNotDelivered-await-chunks", "VerdictsNotDelivered-chunk-failed", "VerdictsNotDelivered-process"] &&
      alltrue([for filter in aws_cloudwatch_log_metric_filter.this : (
        filter.metric_transformation[0].namespace == aws_cloudwatch_metric_alarm.this["verdicts"].namespace && filter.metric_transformation[0].default_value == null
      )]) &&
      aws_cloudwatch_log_metric_filter.this["Rounds-redrive"].metric_transformation[0].name == aws_cloudwatch_metric_alarm.this["overdue"].metric_name &&
      aws_cloudwatch_log_metric_filter.this["VerdictsNotDelivered-process"].metric_transformation[0].name == aws_cloudwatch_metric_alarm.this["verdicts"].metric_name
    )
    error_message = "What an alarm listens to is counted, and costs nothing while there is nothing to hear."
  }
  assert {
    condition     = alltrue([for filter in aws_cloudwatch_log_metric_filter.this : filter.log_group_name == "/aws/lambda/docs-${join("-", slice(split("-", filter.name), 1, length(split("-", filter.name))))}"])
    error_message = "Each function's own log is listened to."
  }
}

run "what_is_not_wanted_is_not_watched_and_not_counted" {
  command = plan

  variables {
    workflows   = ["documents", "topic"]
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234"
    alarms      = { topic_arn = "arn:aws:sns:eu-central-1:123456789012:operators", leave_out = ["overdue", "split-errors"] }
  }

  assert {
    condition     = length(setintersection(keys(aws_cloudwatch_metric_alarm.this), ["overdue", "split-errors"])) == 0 && contains(keys(aws_cloudwatch_metric_alarm.this), "merge-errors")
    error_message = "The alarms that are named are left out, and no others."
  }
  assert {
    condition     = !contains(keys(aws_cloudwatch_log_metric_filter.this), "Rounds-redrive")
    error_message = "What nobody looks at is not counted."
  }
  assert {
    condition = alltrue([
      for handler in ["start", "chunk_failed", "task_lost"] : alltrue([
        for wanted in [
          { Action = ["sqs:SendMessage"], Resource = ["arn:aws:sqs:eu-central-1:123456789012:docs-undelivered"] },
          { Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = [var.kms_key_arn] },
        ] :
        contains([for statement in jsondecode(aws_iam_role_policy.functions[handler].policy).Statement : { Action = statement.Action, Resource = statement.Resource }], wanted)
      ])
    ])
    error_message = "Lambda may send with the role of the function that failed, and may use the queue's key."
  }
}

run "whoever_wants_to_know_sees_hears_and_counts" {
  command = plan

  variables {
    workflows = ["documents", "queue"]
    dashboard = true
    metrics   = true

    notifications = { topic_arn = "arn:aws:sns:eu-central-1:123456789012:ends" }
    wait          = { round_seconds = 1081 }
  }

  assert {
    condition = alltrue([for wanted in concat(
      [for name in ["documents", "queue"] : "stateMachine:docs-${name}"],
      [for function in aws_lambda_function.this : function.function_name],
      [for queue in aws_sqs_queue.this : queue.name],
      ["SfnCallback/docs", "ChunksDone"],
    ) : strcontains(aws_cloudwatch_dashboard.this[0].dashboard_body, "${wanted}\"")])
    error_message = "All of them are there."
  }
  assert {
    condition     = length(distinct([for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : "${widget.x} ${widget.y}"])) == 6
    error_message = "No picture lies over another."
  }
  assert {
    condition     = aws_cloudwatch_dashboard.this[0].dashboard_name == "docs-eu-central-1"
    error_message = "Dashboards are global, and another region's is another."
  }
  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.ends[0].event_pattern) == {
      source      = ["aws.states"]
      detail-type = ["Step Functions Execution Status Change"]
      detail = {
        stateMachineArn = ["arn:aws:states:eu-central-1:123456789012:stateMachine:docs-documents", "arn:aws:states:eu-central-1:123456789012:stateMachine:docs-queue"]
        status          = ["ABORTED", "FAILED", "TIMED_OUT"]
      }
    }
    error_message = "The ends of these machines, and of no others."
  }
  assert {
    condition     = aws_cloudwatch_event_target.ends[0].arn == "arn:aws:sns:eu-central-1:123456789012:ends" && aws_cloudwatch_event_target.ends[0].dead_letter_config[0].arn == "arn:aws:sqs:eu-central-1:123456789012:docs-undelivered"
    error_message = "The topic is told, and what it does not take is kept."
  }
  assert {
    condition     = alltrue([for path in values(aws_cloudwatch_event_target.ends[0].input_transformer[0].input_paths) : !contains(["$.detail.input", "$.detail.output", "$.detail.cause"], path)])
    error_message = "What an execution was given, and gave, is not told."
  }
  assert {
    condition     = contains([for statement in jsondecode(aws_sqs_queue.this["undelivered"].policy).Statement : try(statement.Condition.ArnEquals["aws:SourceArn"], "")], "arn:aws:events:eu-central-1:123456789012:rule/docs-ends")
    error_message = "The queue takes this rule's dead letters."
  }
  assert {
    condition = {
      for filter in aws_cloudwatch_log_metric_filter.this : filter.metric_transformation[0].name => filter.metric_transformation[0].value...
      } == {
      AttemptsFailed       = ["1"]
      ChunksDone           = ["1"]
      ChunksFailed         = ["1", "1"]
      ChunksRedriven       = ["$.chunks"]
      DocumentsNotStarted  = ["1"]
      Duplicates           = ["1", "1"]
      Rounds               = ["1"]
      SecondsWaited        = ["$.waited"]
      VerdictsNotDelivered = ["1", "1", "1"]
    }
    error_message = "What chunks, rounds and verdicts come to is counted."
  }
  assert {
    condition     = aws_cloudwatch_log_metric_filter.this["ChunksFailed-chunk-failed"].log_group_name == "/aws/lambda/docs-chunk-failed" && aws_cloudwatch_log_metric_filter.this["ChunksFailed-process"].pattern == "{ ($.event = \"chunk_failed\") }"
    error_message = "Lines are counted where they are written."
  }
  assert {
    condition     = local.three_attempts["process"] == 1080
    error_message = "Three timeouts of 300 seconds, and pauses of one and two minutes: a round that is just longer is not warned of."
  }
}

run "every_workflow_has_the_alarms_that_fit_it" {
  command = plan

  variables {
    workflows = ["direct", "queue", "topic", "approval"]
    alarms    = { topic_arn = "arn:aws:sns:eu-central-1:123456789012:operators" }
  }

  assert {
    condition = toset([for alarm in keys(aws_cloudwatch_metric_alarm.this) : alarm if !endswith(alarm, "-errors") && !endswith(alarm, "-failed") && !endswith(alarm, "-timed-out") && !endswith(alarm, "-throttled")]) == toset([
      "task-lost-destination", "topic-worker-destination", "undelivered", "verdicts", "tasks-dead", "notifications-dead",
    ])
    error_message = "What a workflow does not have is not watched."
  }
  assert {
    condition     = keys(aws_cloudwatch_log_metric_filter.this) == ["VerdictsNotDelivered-ask", "VerdictsNotDelivered-page"]
    error_message = "A worker's verdict that is not taken fails its invocation."
  }
  assert {
    condition = alltrue([for queue in ["tasks-dead", "notifications-dead"] : (
      aws_cloudwatch_metric_alarm.this[queue].statistic == "Minimum" && aws_cloudwatch_metric_alarm.this[queue].period == 300 && aws_cloudwatch_metric_alarm.this[queue].dimensions == tomap({ QueueName = "docs-${queue}" })
    )])
    error_message = "Dead letters that stay are told, and those that are answered at once are not."
  }
}
