locals {
  # Who may open a function's URL: those who sign for IAM, or everybody, who then needs what a link or a chunk's token proves.
  url_auth = {
    for handler, auth in { page = local.page_auth, http_start = "AWS_IAM", report = "NONE" } :
    handler => auth if contains(keys(local.functions), handler) && (handler != "report" || contains(local.doors, "url"))
  }
}

resource "aws_lambda_function_url" "this" {
  for_each = local.url_auth

  function_name      = aws_lambda_function.this[each.key].function_name
  qualifier          = local.qualifiers[each.key]
  authorization_type = each.value

  lifecycle {
    replace_triggered_by = [aws_lambda_function.this[each.key].package_type]
  }
}

# A URL that everybody may open needs two statements in its function's policy. A stack makes them, because the second one's
# condition, which keeps everybody from invoking the function otherwise, cannot be said before provider 6.28. From then on the
# provider makes both itself, but only where it creates the URL: not for one that provider 5 has made, nor where IAM's turns
# into everybody's, and it deletes neither. CloudFormation calls its statements by names of its own, so both can be there.
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html#urls-auth-none
# https://github.com/hashicorp/terraform-provider-aws/pull/44858
resource "aws_cloudformation_stack" "public" {
  #checkov:skip=CKV_AWS_124:It makes two permissions when it is applied, and nothing of it happens later.
  for_each = { for handler, auth in local.url_auth : handler => auth if auth == "NONE" }

  name = "${var.name}-public-${each.key}"
  tags = var.tags

  template_body = jsonencode({
    Description = "Lets everybody open the ${each.key} of ${var.name}."
    Resources = { for name, statement in {
      OpenUrl          = { Action = "lambda:InvokeFunctionUrl", FunctionUrlAuthType = "NONE" }
      InvokeThroughUrl = { Action = "lambda:InvokeFunction", InvokedViaFunctionUrl = true }
      } : name => { Type = "AWS::Lambda::Permission", Properties = merge(statement, {
        FunctionName = "${aws_lambda_function.this[each.key].function_name}:${local.qualifiers[each.key]}"
        Principal    = "*"
    }) } }
  })

  lifecycle {
    replace_triggered_by = [aws_lambda_function.this[each.key].package_type]
  }

  depends_on = [aws_lambda_function_url.this]
}

moved {
  from = aws_lambda_function_url.page[0]
  to   = aws_lambda_function_url.this["page"]
}

moved {
  from = aws_lambda_function_url.start[0]
  to   = aws_lambda_function_url.this["http_start"]
}

moved {
  from = aws_cloudformation_stack.public_page[0]
  to   = aws_cloudformation_stack.public["page"]
}
