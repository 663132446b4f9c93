# What the workflow `approval` makes, and who may do what with it.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name      = "docs"
  workflows = ["approval"]
}

run "an_approval_by_its_defaults" {
  command = plan

  assert {
    condition     = length(aws_dynamodb_table.ledger) == 1 && length(aws_s3_bucket.this) + length(aws_cloudwatch_event_rule.sweep) == 0
    error_message = "Approvals are kept in the ledger, which nothing sweeps, and nothing of them in a bucket."
  }
  assert {
    condition     = aws_lambda_function_url.this["page"].authorization_type == "NONE"
    error_message = "Who has the link may open the page."
  }
  assert {
    condition = {
      for name, resource in jsondecode(aws_cloudformation_stack.public["page"].template_body).Resources :
      resource.Properties.Action => try(resource.Properties.FunctionUrlAuthType, resource.Properties.InvokedViaFunctionUrl)
    } == { "lambda:InvokeFunctionUrl" = "NONE", "lambda:InvokeFunction" = true }
    error_message = "Both of the permissions that a public URL needs are bound to the URL."
  }
  assert {
    condition     = aws_lambda_function.this["page"].reserved_concurrent_executions == -1 && aws_lambda_function.this["ask"].reserved_concurrent_executions == -1
    error_message = "Nothing is reserved of an account that may have ten."
  }
  assert {
    condition     = toset([for statement in jsondecode(aws_iam_role_policy.functions["ask"].policy).Statement : statement.Sid if statement.Effect == "Allow"]) == toset(["WriteLogs", "AskApprovals", "LookUpPage", "PublishApprovals", "Resume"])
    error_message = "Who asks writes the ledger, finds the page, publishes, and delivers what was decided between two waits."
  }
  assert {
    condition     = toset([for statement in jsondecode(aws_iam_role_policy.functions["page"].policy).Statement : statement.Sid if statement.Effect == "Allow"]) == toset(["WriteLogs", "ReadApprovals", "WriteApprovals", "Resume"])
    error_message = "The page reads and writes the ledger, and resumes."
  }
}

run "an_approval_with_all_that_can_be_asked_for" {
  command = plan

  variables {
    approval = {
      url_auth             = "AWS_IAM"
      url                  = "https://approve.example.com/prod/"
      reserved_concurrency = 5
      asker                = { name = "Northwind Press", contact = "press@example.com" }
      webhook_secret_arn   = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hook-AbCdEf"
      emails               = ["ana@example.com", "ben@example.com"]
      timeout_seconds      = 604800
      remind_seconds       = 86400
    }
  }

  assert {
    condition     = aws_lambda_function_url.this["page"].authorization_type == "AWS_IAM" && length(aws_cloudformation_stack.public) == 0
    error_message = "Nothing is public."
  }
  assert {
    condition     = aws_lambda_function.this["ask"].environment[0].variables["SFN_CALLBACK_PAGE_URL"] == "https://approve.example.com/prod/"
    error_message = "The message leads to the caller's own address, which may be behind a path."
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.functions["ask"].policy, "lambda:GetFunctionUrlConfig")
    error_message = "An address that is given is not looked up."
  }
  assert {
    condition     = aws_lambda_function.this["page"].reserved_concurrent_executions == 5
    error_message = "A reservation that is asked for is there."
  }
  assert {
    condition = [for name in ["NAME", "CONTACT"] : aws_lambda_function.this["page"].environment[0].variables["SFN_CALLBACK_ASKER_${name}"]] == [
      "Northwind Press", "press@example.com"
    ]
    error_message = "By name, and with a contact."
  }
  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.functions["page"].policy).Statement : statement.Resource if statement.Sid == "ReadWebhookSecret"
    ] == [["arn:aws:secretsmanager:eu-central-1:123456789012:secret:hook-AbCdEf"]]
    error_message = "The page, and only for this secret."
  }
  assert {
    condition     = { for address, subscription in aws_sns_topic_subscription.emails : address => subscription.protocol } == { "ana@example.com" = "email", "ben@example.com" = "email" }
    error_message = "Each address is subscribed."
  }
  assert {
    # printf %s ana@example.com | sha256sum | cut -c1-8
    condition     = aws_lambda_function.this["ask"].environment[0].variables["SFN_CALLBACK_APPROVERS"] == "8e43ca37 f871a76f"
    error_message = "An operator can tell who is gone, and nobody reads an address in the settings."
  }
  assert {
    condition     = jsondecode(aws_sfn_state_machine.this["approval"].definition).States.AwaitDecision.TimeoutSeconds == 86400
    error_message = "A wait ends with the reminder."
  }
  assert {
    condition     = [for retrier in jsondecode(aws_sfn_state_machine.this["approval"].definition).States.AwaitDecision.Retry : retrier.MaxAttempts if contains(retrier.ErrorEquals, "States.Timeout")] == [7]
    error_message = "The attempt after the last wait finds the deadline passed."
  }
  assert {
    condition     = jsondecode(aws_sfn_state_machine.this["approval"].definition).TimeoutSeconds > 604800
    error_message = "The machine outlives the deadline."
  }
}

run "an_address_that_depends_on_the_page_is_read_from_its_parameter" {
  command = plan

  variables {
    approval = { url_parameter = "/docs/approval-url" }
  }

  assert {
    condition     = aws_lambda_function.this["ask"].environment[0].variables["SFN_CALLBACK_PAGE_URL_PARAMETER"] == "/docs/approval-url"
    error_message = "The function is told its name."
  }
  assert {
    condition = { for function, policy in aws_iam_role_policy.functions : function => [
      for statement in jsondecode(policy.policy).Statement : statement if contains(statement.Action, "ssm:GetParameter")
      ] } == { page = [], ask = [{
        Sid      = "ReadPageUrl"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter"]
        Resource = ["arn:aws:ssm:eu-central-1:123456789012:parameter/docs/approval-url"]
    }] }
    error_message = "Who asks may read it, and nothing else."
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.functions["ask"].policy, "lambda:GetFunctionUrlConfig")
    error_message = "The function URL is not looked up."
  }
}
