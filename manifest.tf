# What the operator compares a deployment with. A function's environment says it of that function, in SFN_CALLBACK_MANIFEST:
# who may read the one may read the other.
#
#   handlers      those that there are, by workflow
#   durable       the names of durable functions of the caller's that may wait; left out where there are none
#   dead_letters  queues in which ends what nobody could handle
#   events        what invokes the function: the service that must be let in, where to (a queue, or the function), the prefix of
#                 the new objects that it tells of, and the rule by which it does
#   queues        those that the function consumes
#   on_failure    where an event goes after its last attempt: a queue, a function, or null
#   may           what the role grants: actions, and one key, name or stream of each resource; two resources stand for all
#   context       what the conditions of these grants compare

locals {
  manifests = { for handler, function in local.functions : handler => jsonencode(merge({
    handlers = {
      for workflow in local.wanted : workflow => [for one, row in local.functions : one if contains(row.workflows, workflow)]
    }
    dead_letters = [
      for queue in keys(local.queues) : local.queue_names[queue]
      if try(local.consumed[queue].handler, "dead_letter") == "dead_letter"
    ]
    events     = local.events[handler]
    queues     = [for queue, row in local.consumed : local.queue_names[queue] if row.handler == handler]
    on_failure = function.on_failure == "queue" ? local.queue_names["undelivered"] : try(local.functions[function.on_failure].name, null)
    may = [for statement in local.granted[handler] : [statement.Action, [
      for arn in slice(statement.Resource, 0, min(2, length(statement.Resource))) : arn == "*" ? arn : replace(arn, "*", "x")
    ]]]
    context = local.contexts[handler]
  }, local.has_durable ? { durable = [for arn in local.durable_these : reverse(split(":", arn))[0]] } : {})) }

  events = { for handler, function in local.functions : handler => concat(
    [for prefix in function.prefix[*] : {
      service = local.teller.service
      to      = try(local.queue_names[local.queued[handler]], function.name)
      prefix  = "${local.prefix}${prefix}"
      rule    = try(aws_cloudwatch_event_rule.bucket[handler].name, null)
    }],
    contains(keys(local.subscribed), handler) ? [{ service = "sns.amazonaws.com", to = function.name }] : [],
    handler != "sweep" ? [] : [
      for rule in aws_cloudwatch_event_rule.sweep : { service = "events.amazonaws.com", to = function.name, rule = rule.name }
    ],
  ) }

  # Of all statements of a role those that its row in local.handlers names.
  granted = { for handler, function in local.functions : handler => concat([
    for statement in local.function_statements[handler] : statement
    if contains([for grant in function.may : local.statements[grant].Sid], statement.Sid)
  ], local.durable_statements[handler]) }
  # An operator for sets compares a list: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html
  compared = { for handler, statements in local.granted : handler => flatten([
    for statement in statements : [for operator, keys in try(statement.Condition, {}) : [for key, patterns in keys : {
      key = key, is_list = startswith(operator, "ForA"), values = [for pattern in flatten([patterns]) : replace(pattern, "*", "x")]
    }]]
  ]) }
  contexts = { for handler, conditions in local.compared : handler => merge(
    { for key, several in { for one in conditions : one.key => one.values... if !one.is_list } : key => several[0][0] },
    # Each grant must be seen to hold, so only what all of them let pass.
    { for key, several in { for one in conditions : one.key => one.values... if one.is_list } : key => sort(setintersection(several...)) },
  ) }
}
