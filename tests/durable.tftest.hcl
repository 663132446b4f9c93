# Durable functions of the caller's, which wait as machines do. That nothing of them is there by default: defaults.tftest.hcl.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name              = "docs"
  workflows         = ["documents", "direct", "queue", "topic", "approval"]
  sweep             = {}
  pending           = {}
  durable_functions = ["arn:aws:lambda:eu-central-1:123456789012:function:orders", "arn:aws:lambda:eu-central-1:123456789012:function:Claims_2"]
}

run "whoever_answers_machines_answers_durable_functions" {
  command = plan

  variables {
    wait     = { round_seconds = 2000, max_rounds = 2 }
    approval = { timeout_seconds = 86400, remind_seconds = 3600 }
  }

  assert {
    condition = {
      for handler, policy in output.role_policies : handler => join(" ", flatten([
        for statement in jsondecode(policy).Statement : [for action in statement.Action : trimprefix(action, "lambda:")] if statement.Sid == "AnswerDurableFunctions"
      ])) if strcontains(policy, "AnswerDurableFunctions")
      } == merge(
      { for handler in ["process", "report", "chunk_failed", "await_chunks", "ask"] : handler => "SendDurableExecutionCallbackSuccess SendDurableExecutionCallbackFailure" },
      { for handler in ["direct_worker", "queue_worker", "topic_worker", "page"] : handler => "SendDurableExecutionCallbackSuccess SendDurableExecutionCallbackFailure SendDurableExecutionCallbackHeartbeat" },
      { for handler in ["task_lost", "dead_letter"] : handler => "SendDurableExecutionCallbackFailure" },
      { sweep = "SendDurableExecutionCallbackSuccess SendDurableExecutionCallbackFailure SendDurableExecutionCallbackHeartbeat GetDurableExecution" },
    )
    error_message = "A function may do to a durable function what it may do to a machine, and no more."
  }
  assert {
    condition = toset(flatten([
      for policy in concat(values(output.role_policies), [output.worker_policy]) : [
        for statement in jsondecode(policy).Statement : join(" ", statement.Resource) if strcontains(jsonencode(statement.Action), "DurableExecution")
      ]
    ])) == toset(["arn:aws:lambda:eu-central-1:123456789012:function:orders:* arn:aws:lambda:eu-central-1:123456789012:function:Claims_2:*"])
    error_message = "Executions of every version of these functions, and of no others."
  }
  assert {
    condition     = [for statement in jsondecode(output.worker_policy).Statement : length(statement.Action) if statement.Sid == "AnswerDurableFunctions"] == [3]
    error_message = "A worker outside Lambda succeeds, fails and sends heartbeats."
  }
  assert {
    condition = toset([
      for handler, policy in output.role_policies : handler if strcontains(policy, "/durable/*")
    ]) == toset(["split"])
    error_message = "Whoever splits reads what durable functions have split."
  }
  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.filter[0].prefix => [length(rule.expiration), rule.noncurrent_version_expiration[0].noncurrent_days]
      if rule.id == "old-durable"
    } == { "durable/" = [0, 14] }
    error_message = "Their documents are kept as those under documents/ are."
  }
  assert {
    condition = alltrue([
      for function in aws_lambda_function.this : jsondecode(function.environment[0].variables["SFN_CALLBACK_MANIFEST"]).durable == ["orders", "Claims_2"]
    ])
    error_message = "The command is told whose executions may wait."
  }
  assert {
    condition = jsondecode(output.durable.environment["SFN_CALLBACK_DURABLE"]) == merge(
      {
        for handler in ["split", "await_chunks", "redrive", "merge", "record_failure", "ask", "direct_worker"] :
        handler => "arn:aws:lambda:eu-central-1:123456789012:function:docs-${replace(handler, "_", "-")}:live"
      },
      { round_seconds = 2000, max_rounds = 2, timeout_seconds = 86400, remind_seconds = 3600 },
    )
    error_message = "The aliases, and how long it waits."
  }
  assert {
    condition = (
      keys(output.durable.environment) == ["SFN_CALLBACK_DURABLE"] && length(jsondecode(output.durable.policy).Statement) == 1 &&
      jsondecode(output.durable.policy).Statement[0].Effect == "Allow" &&
      jsondecode(output.durable.policy).Statement[0].Action == ["lambda:InvokeFunction"] &&
      toset(jsondecode(output.durable.policy).Statement[0].Resource) == toset([
        for told in jsondecode(output.durable.environment["SFN_CALLBACK_DURABLE"]) : told if can(regex("^arn:", told))
      ])
    )
    error_message = "It may invoke what it is told, and do nothing else."
  }
}

run "without_a_reminder_an_approval_is_asked_for_once" {
  command = plan

  variables {
    workflows = ["approval"]
    sweep     = null
    pending   = null
    approval  = { timeout_seconds = 86400 }
  }

  assert {
    condition = jsondecode(output.durable.environment["SFN_CALLBACK_DURABLE"]) == {
      ask = "arn:aws:lambda:eu-central-1:123456789012:function:docs-ask:live", timeout_seconds = 86400, remind_seconds = 86400
    }
    error_message = "The reminder is always a number, and nothing is said of what is not there."
  }
}

run "a_queue_alone_has_nothing_to_invoke" {
  command = plan

  variables {
    workflows   = ["queue"]
    sweep       = null
    pending     = null
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234"
  }

  assert {
    condition     = output.durable.environment == { SFN_CALLBACK_DURABLE = "{}" } && output.durable.policy == null
    error_message = "A policy without a statement is none."
  }
  assert {
    condition = [
      for statement in jsondecode(output.worker_policy).Statement : contains(statement.Condition.StringEquals["kms:ViaService"], "lambda.eu-central-1.amazonaws.com") if statement.Sid == "UseKey"
    ] == [true]
    error_message = "What is sent to an execution whose key is the module's is encrypted with it."
  }
}

run "without_durable_functions_nothing_is_told_of_them" {
  command = plan

  variables {
    durable_functions = []
  }

  assert {
    condition     = output.durable == null && !strcontains(jsonencode([output.role_policies, output.worker_policy]), "urable")
    error_message = "Nothing is granted."
  }
  assert {
    condition = (
      alltrue([for function in aws_lambda_function.this : !strcontains(jsonencode(function.environment[0].variables), "durable")]) &&
      alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.id != "old-durable"])
    )
    error_message = "Nothing else changes."
  }
}
