# Durable functions of the caller's, which wait as state machines do: what answers them, and what they invoke.

locals {
  durable_these      = [for arn in var.durable_functions : coalesce(arn, "missing")]
  durable_executions = [for arn in local.durable_these : "${arn}:*"]

  # What a grant on machines is on durable functions. Lambda compares it with an execution's ARN, which has the function's version
  # in it and never an alias: https://docs.aws.amazon.com/lambda/latest/dg/durable-security.html
  durable_actions = {
    resume       = ["lambda:SendDurableExecutionCallbackSuccess", "lambda:SendDurableExecutionCallbackFailure"]
    fail         = ["lambda:SendDurableExecutionCallbackFailure"]
    heartbeat    = ["lambda:SendDurableExecutionCallbackHeartbeat"]
    list_running = ["lambda:GetDurableExecution"]
  }
  durable_statements = { for handler, function in local.functions : handler => [
    for actions in [flatten([for grant in function.may : lookup(local.durable_actions, grant, [])])] : {
      Sid = "AnswerDurableFunctions", Effect = "Allow", Action = actions, Resource = local.durable_executions
    } if local.has_durable && length(actions) > 0
  ] }

  # What a machine invokes, a durable function invokes itself; of parts it knows nothing. lambda_src/sfn_callback/durable reads it.
  durable_invokes = flatten([for workflow, machine in local.machines : machine.invokes if workflow != "parts"])
  durable_waits = {
    documents = { round_seconds = var.wait.round_seconds, max_rounds = var.wait.max_rounds }
    approval  = { timeout_seconds = var.approval.timeout_seconds, remind_seconds = local.remind_seconds }
  }
  durable_told = merge(
    { for handler in local.durable_invokes : handler => local.invoked_arns[handler] },
    [for workflow, seconds in local.durable_waits : seconds if contains(local.wanted, workflow)]...
  )
}
