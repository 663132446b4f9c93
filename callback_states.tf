# Waiting states for machines that the module does not make, taken from those that it makes.

locals {
  fragment_fields = ["Type", "Resource", "Parameters", "OutputPath", "TimeoutSeconds", "HeartbeatSeconds", "Retry"]

  # A job has states of its own around its wait, so the whole machine is called: the one that takes documents of every size.
  documents_entry = local.has_parts ? "parts" : "documents"
  documents_state = {
    Type       = "Task"
    Resource   = "arn:${local.partition}:states:::states:startExecution.sync:2"
    Parameters = { StateMachineArn = local.machine_arns[local.documents_entry], "Input.$" = "$" }
    # The called machine's own timeout fires first, and says more.
    TimeoutSeconds = 60 + (local.has_parts ? local.parts.job_seconds : var.wait.job_seconds)
    OutputPath     = "$.Output"
    Retry          = [local.retry_moment, local.retry_minutes]
  }

  waiting_states = merge(
    { for workflow, machine in local.machines : workflow => local.rendered[workflow].States[machine.waits] if machine.waits != null },
    contains(keys(local.machines), "documents") ? { documents = local.documents_state } : {},
  )
  fragments = {
    for workflow, state in local.waiting_states :
    workflow => { for field, value in state : field => value if contains(local.fragment_fields, field) && value != null }
  }

  # https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
  jsonata = {
    for workflow, state in local.fragments : workflow => merge(
      { for field, value in state : field => value if !contains(["Parameters", "OutputPath"], field) },
      { QueryLanguage = "JSONata" },
      can(state.OutputPath) ? { Output = "{% $states.result.${trimprefix(state.OutputPath, "$.")} %}" } : {},
      { Arguments = merge(
        { for name, value in state.Parameters : trimsuffix(name, ".$") => local.expressions[value] if endswith(name, ".$") },
        { for name, value in state.Parameters : name => value if !endswith(name, ".$") && !can(keys(value)) },
        { for name, value in state.Parameters : name => merge(
          { for inner, path in value : trimsuffix(inner, ".$") => local.expressions[path] if endswith(inner, ".$") },
          { for inner, fixed in value : inner => fixed if !endswith(inner, ".$") },
        ) if can(keys(value)) },
      ) },
    )
  }

  # The paths in the templates, and what says the same in JSONata.
  expressions = {
    for path in ["$", "$$.Task.Token", "$$.Execution.Id", "$$.State.Name", "$$.State.EnteredTime"] :
    path => "{% ${path == "$" ? "$states.input" : replace(path, "$$.", "$states.context.")} %}"
  }

  called = { for workflow, statements in local.calling_statements : workflow => statements if workflow != "parts" }
  caller_statements = merge(local.called, !contains(keys(local.machines), "documents") ? {} : {
    documents = concat(
      local.nesting_statements[local.documents_entry], local.machine_key_statements["documents"],
      local.has_parts ? [for one in local.machine_key_statements["parts"] : merge(one, { Sid = "UsePartsKey" })] : [],
    )
  })
  # https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
  # A caller's execution that began before there were parts still starts the documents machine.
  nesting_statements = { for entry, workflows in { documents = ["documents"], parts = ["parts", "documents"] } : entry => [
    {
      Sid      = "StartExecution", Effect = "Allow"
      Action   = ["states:StartExecution"]
      Resource = [for workflow in workflows : local.machine_arns[workflow]]
    },
    {
      Sid      = "FollowExecution", Effect = "Allow"
      Action   = ["states:DescribeExecution", "states:StopExecution"]
      Resource = [for workflow in workflows : "${replace(local.machine_arns[workflow], ":stateMachine:", ":execution:")}:*"]
    },
    {
      Sid      = "HearOfItsEnd", Effect = "Allow"
      Action   = ["events:PutTargets", "events:PutRule", "events:DescribeRule"]
      Resource = ["${local.arn.events}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"]
    },
  ] }
}
