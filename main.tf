# A workflow is one row here and one template in states/.
#
#   invokes  the handlers that its machine invokes; the template gets their ARNs and timeouts
#   may      what else its machine's role grants: keys of local.grants
#   values   what else the template needs
#   waits    the state that waits, which a machine of the caller's can have too (callback_states.tf); left out: see there

locals {
  wanted = !local.created ? [] : setunion(local.asked_workflows, local.has_parts ? ["parts"] : [])

  workflows = {
    for workflow, row in {
      documents = {
        invokes = ["split", "await_chunks", "redrive", "merge", "record_failure"]
        values  = { job_seconds = var.wait.job_seconds, round_seconds = var.wait.round_seconds, last_round = var.wait.max_rounds - 1 }
      }
      # The parts of a large document are executions of the documents machine.
      parts = {
        invokes = ["cut", "merge_parts", "record_failure"]
        values = {
          job_seconds     = local.parts.job_seconds
          max_concurrency = local.parts.max_concurrency
          part_seconds    = var.wait.job_seconds + 60
          retry_part      = jsonencode([local.retry_moment, local.retry_minutes])
        }
      }
      direct = { invokes = ["direct_worker"], values = local.task_values, waits = "WaitForCompletion" }
      queue = {
        may    = ["send_tasks"]
        values = merge(local.task_values, { tasks_url = local.queue_urls["tasks"] })
        waits  = "AwaitWorker"
      }
      topic = {
        may    = ["publish_tasks"]
        values = merge(local.task_values, { topic_arn = local.topic_arns["tasks"] })
        waits  = "AwaitWorker"
      }
      approval = {
        invokes = ["ask"]
        values = {
          approval_seconds = var.approval.timeout_seconds
          remind_seconds   = local.remind_seconds
          job_seconds      = var.approval.timeout_seconds + 10 * local.times_asked + local.slack_seconds
          retry_ask        = jsonencode(local.retry_ask)
        }
        waits = "AwaitDecision"
      }
    } : workflow => merge({ invokes = [], may = [], waits = null }, row)
  }
  task_values = {
    task_seconds      = var.task.timeout_seconds
    heartbeat_seconds = jsonencode(var.task.heartbeat_seconds)
    job_seconds       = var.task.timeout_seconds + local.slack_seconds
  }
  # Beside its wait a machine has time for all attempts at a function that is not ready.
  slack_seconds = 1800

  # What is null is never read.
  parts = var.parts == null ? { over_mb = null, max_concurrency = null, job_seconds = null } : var.parts

  machine_names = { for workflow in keys(local.workflows) : workflow => "${var.name}-${workflow}" }
  machine_arns  = { for workflow, name in local.machine_names : workflow => "${local.arn.states}:stateMachine:${name}" }

  machines = { for workflow in local.wanted : workflow => local.workflows[workflow] }

  placeholders = {
    for workflow, machine in local.machines : workflow => merge(
      machine.values,
      { for handler in machine.invokes : "${handler}_arn" => local.invoked_arns[handler] },
      # The function's own timeout fires first, and says more.
      { for handler in machine.invokes : "${handler}_seconds" => local.timeouts[handler] + 30 },
      { partition = local.partition, retry = jsonencode(local.retry), retry_step = jsonencode(local.retry_step) },
      workflow == "parts" ? { part_machine_arn = local.machine_arns["documents"] } : {},
      local.told[workflow],
    )
  }

  # How a Fail state tells what was caught, whatever of it is missing, null or empty: SendTaskFailure needs neither an error
  # nor a cause (of 32,768 characters at most), and Catch is then given nulls, which a path may not select. In JSONata, because
  # no path has a second choice.
  # https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html
  # https://docs.aws.amazon.com/step-functions/latest/dg/state-fail.html
  # The States Language keeps names that begin with "States." for its own errors, and does not say whether a Fail state may
  # give one; an engine that refuses it ends with States.Runtime and loses the name. Without that beginning it is always told.
  # https://states-language.net/spec.html#errors
  caught = {
    for workflow in keys(local.machines) :
    workflow => contains(["documents", "parts"], workflow) ? "$states.input.failure" : "$states.input"
  }
  told = { for workflow, it in local.caught : workflow => { for what, expression in {
    error   = "($e := ${it}.Error; $own := $type($e) = 'string' ? $replace($e, /^(States[.])+/, '') : ''; $own = '' ? 'TaskFailed' : $own)"
    cause   = "$substring($type(${it}.Cause) = 'string' and ${it}.Cause != '' ? ${it}.Cause : $string(${it}), 0, 32768)"
    failure = "$substring($string(${it}), 0, 32768)"
  } : what => jsonencode("{% ${expression} %}") } }
  templates = { for workflow in keys(local.machines) : workflow => "${path.module}/states/${workflow}.asl.json" }
  rendered  = { for workflow, template in local.templates : workflow => jsondecode(templatefile(template, local.placeholders[workflow])) }
  definitions = merge(local.rendered, {
    for workflow, template in local.own_templates : workflow => jsondecode(templatefile(template, local.placeholders[workflow]))
  })

  own_templates = {
    for workflow, path in var.definitions :
    workflow => path if contains(keys(local.machines), workflow) && try(fileexists(path), false)
  }

  retry_base = { IntervalSeconds = 2, BackoffRate = 1.5, MaxDelaySeconds = 60, JitterStrategy = "FULL" }
  # What is away for a moment, for minutes, or as long as others use up the account's concurrency. The names are those that
  # Step Functions gives the errors of Lambda's Invoke, of SQS's SendMessage, of SNS's Publish and of its own StartExecution:
  # the service's, with the service before it, or one of the SDK's own for what has no name. tests/module/test_retries.py sorts
  # all that are in the services' models.
  # https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
  # https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
  transient = {
    moment = [
      "Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException",
      "SQS.AmazonSQSException", "SQS.SdkClientException",
      "SQS.RequestThrottled", "SQS.RequestThrottledException", "SQS.KmsThrottled", "SQS.KmsThrottledException",
      "SNS.AmazonSNSException", "SNS.SdkClientException",
      "SNS.InternalErrorException", "SNS.ThrottledException", "SNS.KMSThrottlingException",
      "StepFunctions.AWSStepFunctionsException", "StepFunctions.SdkClientException", "StepFunctions.KmsThrottlingException",
    ]
    # An idle function in a network is made again when it is invoked, which fails meanwhile; one that is being changed is not
    # there either. Those whose key says no are tried as long as a change of the key takes to be everywhere.
    # https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    # https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
    minutes = concat(
      [for name in local.unready : "Lambda.${name}"],
      [for name in ["KmsAccessDenied", "KmsDisabled", "KmsInvalidState"] : "SQS.${name}"],
      [for name in ["KmsAccessDenied", "KmsDisabled", "KmsInvalidState"] : "SQS.${name}Exception"],
      [for name in ["KMSAccessDenied", "KMSDisabled", "KMSInvalidState"] : "SNS.${name}Exception"],
      [for name in ["ExecutionLimitExceeded", "KmsAccessDeniedException", "KmsInvalidStateException"] : "StepFunctions.${name}"],
    )
    throttled = ["Lambda.TooManyRequestsException"]
  }
  unready = [
    "ResourceNotReadyException", "ResourceConflictException",
    "CodeArtifactUserDeletedException", "CodeArtifactUserPendingException",
    "EC2ThrottledException", "EC2UnexpectedException",
    "EFSIOException", "EFSMountConnectivityException", "EFSMountTimeoutException",
    "ENILimitReachedException", "ENINotReadyException",
    "KMSAccessDeniedException", "KMSDisabledException", "KMSInvalidStateException",
    "S3FilesMountConnectivityException", "S3FilesMountTimeoutException",
    "SnapStartNotReadyException", "SnapStartRegenerationFailureException", "SnapStartTimeoutException",
    "SubnetIPAddressLimitReachedException",
  ]
  # Pauses of 30 seconds on average: 40 of them are a quarter of an hour.
  retry_moment  = merge(local.retry_base, { MaxAttempts = 8, ErrorEquals = local.transient.moment })
  retry_minutes = merge(local.retry_base, { MaxAttempts = 40, ErrorEquals = local.transient.minutes })
  # The chunks of a large document may use up the account's concurrency for long: the machine's timeout bounds this, and its
  # history, which has room for so many attempts.
  retry_throttled = merge(local.retry_base, { MaxAttempts = local.throttled_attempts, ErrorEquals = local.transient.throttled })
  retry           = [local.retry_moment, local.retry_minutes, local.retry_throttled]
  # A step that can be done twice may also be tried again when its function, or what it calls, has failed.
  retry_step = [
    local.retry_moment,
    merge(local.retry_minutes, { ErrorEquals = concat(local.transient.minutes, local.unready) }),
    local.retry_throttled,
    merge(local.retry_base, {
      MaxAttempts = 2
      ErrorEquals = [
        "ResumeUnavailable", "KeyUnavailable", "ClientError",
        "ProvisionedThroughputExceededException", "RequestLimitExceeded", "InternalServerError", "ThrottlingException",
        "TooManyRequestsException", "ServiceException", "InternalErrorException", "ThrottledException", "KMSThrottlingException",
        "ConnectTimeoutError", "ReadTimeoutError", "EndpointConnectionError", "ConnectionClosedError", "ResponseStreamingError",
        # A crash, too little memory and too little time; what has no name of its own is Lambda.Unknown.
        # https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-error-representation
        "Runtime.ExitError", "Runtime.OutOfMemory", "Sandbox.Timedout", "Lambda.Unknown",
      ]
    }),
  ]

  # An approval is asked for again each time that its wait ends: the last attempt finds the deadline passed.
  remind_seconds = coalesce(var.approval.remind_seconds, var.approval.timeout_seconds)
  times_asked    = ceil(var.approval.timeout_seconds / local.remind_seconds)
  retry_ask = concat(
    [{ ErrorEquals = ["States.Timeout"], IntervalSeconds = 2, BackoffRate = 1.5, MaxDelaySeconds = 3, MaxAttempts = local.times_asked }],
    local.retry_step,
  )

  # How often a step is tried again while the account's functions are all in use. An attempt that fails has three events, an
  # execution 25,000 at most, and the longest way through the documents machine this many states that invoke; 60 attempts of
  # each are for other reasons, and the rest for entering, waiting and leaving.
  # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
  invoking_states    = 2 * var.wait.max_rounds + 2
  throttled_attempts = min(1000, floor(24000 / 3 / local.invoking_states) - 60)

  # What an execution of the documents workflow takes when every round and step, tried once, takes its time.
  longest_job_seconds = var.wait.max_rounds * var.wait.round_seconds + sum([
    for handler, times in { split = 1, redrive = var.wait.max_rounds - 1, merge = 1, record_failure = 1 } :
    times * (local.timeouts[handler] + 30)
  ])

  longest_parts_seconds = var.wait.job_seconds + 60 + sum([
    for handler in ["cut", "merge_parts", "record_failure"] : local.timeouts[handler] + 30
  ])

  partition  = data.aws_partition.current.partition
  account_id = data.aws_caller_identity.current.account_id
  # Of data.aws_region, `name` is deprecated from provider 6.0 on and `id` from 6.47 on, and 5 does not know `region`:
  # https://github.com/hashicorp/terraform-provider-aws/pull/48036
  region = data.aws_service_principal.lambda.region
  # What the ARNs of a service begin with.
  arn = {
    for service in ["dynamodb", "events", "lambda", "logs", "sns", "sqs", "ssm", "states"] :
    service => "arn:${local.partition}:${service}:${local.region}:${local.account_id}"
  }

  # The prefix keeps the log's resource policy short: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
  machine_log_group_names = merge(
    { for workflow in keys(local.machines) : workflow => "/aws/vendedlogs/states/${local.machine_names[workflow]}" },
    { for key, name in var.log_group_names : key => coalesce(name, "missing") if contains(keys(local.machines), key) },
  )
  log_group_arns = { for workflow, name in local.machine_log_group_names : workflow => "${local.arn.logs}:log-group:${name}" }
}

data "aws_partition" "current" {}
data "aws_service_principal" "lambda" { service_name = "lambda" }
data "aws_caller_identity" "current" {}

resource "aws_cloudwatch_log_group" "machines" {
  for_each = { for workflow, machine in local.machines : workflow => machine if !contains(local.their_logs, workflow) }

  name              = local.machine_log_group_names[each.key]
  retention_in_days = var.retention_days.logs
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sfn_state_machine" "this" {
  #checkov:skip=CKV_AWS_285:The history is logged, but without execution data, which holds task tokens.
  #checkov:skip=CKV_AWS_284:Traces cost money, so they are the caller's choice (xray_tracing).
  for_each = local.machines

  name     = local.machine_names[each.key]
  type     = "STANDARD"
  role_arn = local.role_arns[each.key]

  definition = jsonencode(merge(local.definitions[each.key], {
    # A field that is null is left out.
    States = {
      for name, state in local.definitions[each.key].States :
      name => { for field, value in state : field => value if value != null }
    }
  }))

  logging_configuration {
    level = "ALL"
    # Execution data holds task tokens.
    include_execution_data = false
    log_destination        = "${local.log_group_arns[each.key]}:*"
  }

  tracing_configuration {
    enabled = var.xray_tracing
  }

  # Written in both cases: the provider, and AWS, keep the old key where the block is left out.
  encryption_configuration {
    type                              = var.kms_key_arn == null ? "AWS_OWNED_KEY" : "CUSTOMER_MANAGED_KMS_KEY"
    kms_key_id                        = var.kms_key_arn
    kms_data_key_reuse_period_seconds = var.kms_key_arn == null ? null : 300
  }

  # A machine is gone when its executions have ended, and those that wait may take a while.
  timeouts {
    delete = "30m"
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition = alltrue([
        for state in local.definitions[each.key].States : can(state.TimeoutSeconds) || can(state.TimeoutSecondsPath)
        if endswith(try(state.Resource, ""), ".waitForTaskToken")
      ])
      error_message = "Each state of the ${each.key} machine that waits for a task token needs TimeoutSeconds, or it waits for a year."
    }
    precondition {
      condition     = var.retention_days.data * 86400 > var.wait.job_seconds
      error_message = "The retention_days of data must be longer than the job_seconds of wait, or chunks expire under a running job."
    }
    precondition {
      condition     = each.key != "parts" || var.retention_days.data * 86400 > coalesce(local.parts.job_seconds, 0)
      error_message = "The retention_days of data must be longer than the job_seconds of parts, or parts expire under a running job."
    }
    precondition {
      condition = each.key != "parts" || coalesce(local.parts.job_seconds, 0) >= local.longest_parts_seconds
      error_message = join(" ", [
        "The job_seconds of parts must be at least ${try(nonsensitive(local.longest_parts_seconds), local.longest_parts_seconds)}:",
        "the job_seconds of wait, for a part, and the timeouts of cut, merge_parts and record_failure.",
      ])
    }
    precondition {
      condition = var.wait.job_seconds >= local.longest_job_seconds
      error_message = join(" ", [
        "The job_seconds of wait must be at least ${try(nonsensitive(local.longest_job_seconds), local.longest_job_seconds)}:",
        "all rounds, and the timeouts of split, redrive, merge and record_failure.",
        "An execution that ends earlier takes no failure branch.",
      ])
    }
  }

  depends_on = [
    aws_iam_role_policy.machines, aws_dynamodb_table.ledger, aws_lambda_function_event_invoke_config.this, aws_sqs_queue.this,
    aws_sns_topic.this, aws_cloudwatch_log_group.machines, aws_lambda_alias.live,
  ]
}
