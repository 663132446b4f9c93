# A queue is one row.
#
#   workflows    the workflows that need it
#   dead_letter  the queue that a message goes to when it has been received in vain; null: none
#   receives     after how many receipts; they count over all queues, so a dead-letter queue's come on top
#
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html (ApproximateReceiveCount)

locals {
  # A receipt need not be an attempt: a throttled function receives as well.
  # https://docs.aws.amazon.com/lambda/latest/dg/sqs-retries.html
  receipts = 5

  queues = {
    for queue, row in {
      # Documents that were dropped wait here for their start. One that could not be started is hidden for six timeouts each time,
      # so that with a timeout of 60 seconds it outlasts four hours in which others use up the account's quota.
      starts = { workflows = ["documents"], dead_letter = "undelivered", receives = 8 * local.receipts }
      # A report that is lost costs its chunk another round. As for documents, throttling alone makes none a dead letter for hours.
      reports = {
        workflows = contains(local.doors, "queue") ? ["documents"] : [], dead_letter = "undelivered", receives = 8 * local.receipts
      }
      tasks              = { workflows = ["queue"], dead_letter = "tasks_dead", receives = local.receipts }
      tasks_dead         = { workflows = ["queue"], dead_letter = "undelivered", receives = 2 * local.receipts }
      notifications_dead = { workflows = ["topic"], dead_letter = "undelivered", receives = local.receipts }
      # Nothing is lost without a trace: what nobody could handle waits here for a person.
      undelivered = { workflows = ["documents", "queue", "topic"], dead_letter = null, receives = null }
    } : queue => row if length(setintersection(local.wanted, row.workflows)) > 0
  }
  queue_names = {
    for queue in ["starts", "reports", "tasks", "tasks_dead", "notifications_dead", "undelivered"] :
    queue => "${var.name}-${replace(queue, "_", "-")}"
  }
  queue_arns = { for queue, name in local.queue_names : queue => "${local.arn.sqs}:${name}" }
  queue_urls = { for queue, name in local.queue_names : queue => "${local.sqs_url}/${local.account_id}/${name}" }
  sqs_url    = "https://sqs.${local.region}.${data.aws_partition.current.dns_suffix}"

  # Services that put something into a queue: what is new in the bucket, and what they could not deliver. A bucket's ARN names no
  # account. https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
  senders = { for queue in keys(local.queues) : queue => concat(
    [for handler in keys(local.queued) : {
      sid     = "NewIn${title(split("/", local.watched[handler])[0])}"
      service = local.teller.service
      arn     = coalesce(local.teller.arn, try(local.rule_arns[handler], null))
      account = local.teller.account
    } if local.queued[handler] == queue],
    [for row in local.subscribed : {
      sid = "DeadLettersOfTheTopic", service = "sns.amazonaws.com", arn = local.topic_arns[row.topic], account = null
    } if row.dead_letter == queue],
    [for rule, arn in merge(local.rule_arns, local.end_rule_arns) : {
      sid = "DeadLettersOf${title(rule)}", service = "events.amazonaws.com", arn = arn, account = null
    } if queue == "undelivered"],
  ) }

  # Who consumes which queue: how many messages at a time, and how often at once. A burst of documents leaves the account's
  # concurrency to others, even to the ten of a new account; 2 is the least that Lambda takes.
  # https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html
  consumed = {
    for queue, row in {
      starts = { handler = "start", batch = 10, maximum_concurrency = 2 }
      # So many that 10,000 reports take some hundred invocations.
      reports            = { handler = "report", batch = 100, maximum_concurrency = null }
      tasks              = { handler = "queue_worker", batch = 1, maximum_concurrency = var.task.maximum_concurrency }
      tasks_dead         = { handler = "dead_letter", batch = 1, maximum_concurrency = null }
      notifications_dead = { handler = "dead_letter", batch = 1, maximum_concurrency = null }
    } : queue => row if contains(keys(local.queues), queue)
  }

  # Who publishes to a topic of the module's is a workflow, and whoever reports a chunk of it.
  topic_workflows = { tasks = "topic", approvals = "approval", reports = contains(local.doors, "topic") ? "documents" : "none" }

  topics      = { for topic, workflow in local.topic_workflows : topic => workflow if contains(local.wanted, workflow) }
  topic_names = { for topic in keys(local.topic_workflows) : topic => "${var.name}-${topic}" }
  topic_arns  = { for topic, name in local.topic_names : topic => "${local.arn.sns}:${name}" }

  # The functions that topics invoke, and the queues of what SNS cannot deliver: a task's is read by a function, which fails it.
  subscribed = { for handler, row in {
    topic_worker = { topic = "tasks", dead_letter = "notifications_dead" }
    report       = { topic = "reports", dead_letter = "undelivered" }
  } : handler => row if contains(keys(local.topics), row.topic) }

  # What every bucket, queue and topic refuses, whatever somebody comes to allow. An AWS service is in no account, and needs
  # a statement that names it.
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
  # Reporters reach the reports' queue and topic, from whatever account. A session is known by its role's ARN.
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
  refusals = { for of, but in { all = [], reports = local.reporters } : of => [
    { Sid = "RefusePlainHttp", Effect = "Deny", Principal = "*", Condition = { Bool = { "aws:SecureTransport" = "false" } } },
    {
      Sid       = "RefuseOtherAccounts"
      Effect    = "Deny"
      Principal = "*"
      Condition = merge(
        {
          StringNotEqualsIfExists = { "aws:PrincipalAccount" = local.account_id }
          BoolIfExists            = { "aws:PrincipalIsAWSService" = "false" }
        },
        length(but) == 0 ? {} : { ArnNotEqualsIfExists = { "aws:PrincipalArn" = but } },
      )
    },
  ] }
  # A policy may name roles of any account: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
  let_in = [
    for roles in [local.reporters] : { Sid = "LetReportersIn", Effect = "Allow", Principal = { AWS = roles } } if length(roles) > 0
  ]

  # A topic's policy may name no others, and no wildcard; these are the owner's in the policy that SNS makes by default.
  # https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
  topic_actions = [
    "sns:Publish", "sns:Subscribe", "sns:ListSubscriptionsByTopic", "sns:GetTopicAttributes", "sns:SetTopicAttributes",
    "sns:AddPermission", "sns:RemovePermission", "sns:DeleteTopic",
  ]
}

resource "aws_sqs_queue" "this" {
  for_each = local.queues

  name = local.queue_names[each.key]
  # At least six times the timeout of the function that consumes it:
  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  visibility_timeout_seconds = contains(keys(local.consumed), each.key) ? 6 * local.timeouts[local.consumed[each.key].handler] : 30
  message_retention_seconds  = 1209600
  sqs_managed_sse_enabled    = var.kms_key_arn == null ? true : null
  kms_master_key_id          = var.kms_key_arn
  tags                       = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for refusal in local.refusals[each.key == "reports" ? "reports" : "all"] : merge(refusal, {
        Action = "sqs:*", Resource = local.queue_arns[each.key]
      })],
      [for roles in local.let_in : merge(roles, {
        Action = "sqs:SendMessage", Resource = local.queue_arns[each.key]
      }) if each.key == "reports"],
      [for sender in local.senders[each.key] : {
        Sid       = sender.sid
        Effect    = "Allow"
        Principal = { Service = sender.service }
        Action    = "sqs:SendMessage"
        Resource  = local.queue_arns[each.key]
        Condition = merge(
          { ArnEquals = { "aws:SourceArn" = sender.arn } },
          sender.account == null ? {} : { StringEquals = { "aws:SourceAccount" = sender.account } },
        )
      }],
    )
  })
}

# A resource of its own: SQS wants the dead-letter queue to be there first.
resource "aws_sqs_queue_redrive_policy" "this" {
  for_each = { for queue, row in local.queues : queue => row if row.dead_letter != null }

  queue_url = aws_sqs_queue.this[each.key].url
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.this[each.value.dead_letter].arn
    maxReceiveCount     = each.value.receives
  })
}

resource "aws_sns_topic" "this" {
  for_each = local.topics

  name              = local.topic_names[each.key]
  kms_master_key_id = var.kms_key_arn
  tags              = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for refusal in local.refusals[each.key == "reports" ? "reports" : "all"] : merge(refusal, {
        Action = local.topic_actions, Resource = local.topic_arns[each.key]
      })],
      [for roles in local.let_in : merge(roles, {
        Action = "sns:Publish", Resource = local.topic_arns[each.key]
      }) if each.key == "reports"],
    )
  })
}

resource "aws_sns_topic_subscription" "worker" {
  for_each = local.subscribed

  topic_arn      = aws_sns_topic.this[each.value.topic].arn
  protocol       = "lambda"
  endpoint       = aws_lambda_alias.live[each.key].arn
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.this[each.value.dead_letter].arn })

  depends_on = [aws_lambda_permission.topic, aws_lambda_function_event_invoke_config.this]
}

moved {
  from = aws_sns_topic_subscription.worker[0]
  to   = aws_sns_topic_subscription.worker["topic_worker"]
}

# SNS asks each of them first, by e-mail, whether they want this.
resource "aws_sns_topic_subscription" "emails" {
  for_each = { for key, address in local.emails : key => address if contains(keys(local.topics), "approvals") }

  topic_arn = aws_sns_topic.this["approvals"].arn
  protocol  = "email"
  endpoint  = each.value
}
