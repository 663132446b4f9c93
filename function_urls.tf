resource "aws_lambda_function_url" "page" {
  count = contains(keys(local.functions), "page") ? 1 : 0

  function_name      = aws_lambda_function.this["page"].function_name
  qualifier          = local.qualifiers["page"]
  authorization_type = var.approval.url_auth

  lifecycle {
    replace_triggered_by = [aws_lambda_function.this["page"].package_type]
  }
}

# A URL that everybody may open needs two statements in its function's policy. A stack makes them, because the second one's
# condition, which keeps everybody from invoking the function otherwise, cannot be said in provider 5.
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html#urls-auth-none
resource "aws_cloudformation_stack" "public_page" {
  count = local.page_auth == "NONE" ? length(aws_lambda_function_url.page) : 0

  name = "${var.name}-public-page"
  tags = var.tags

  template_body = jsonencode({
    Description = "Lets everybody open the page of ${var.name}."
    Resources = { for name, statement in {
      OpenUrl          = { Action = "lambda:InvokeFunctionUrl", FunctionUrlAuthType = "NONE" }
      InvokeThroughUrl = { Action = "lambda:InvokeFunction", InvokedViaFunctionUrl = true }
      } : name => { Type = "AWS::Lambda::Permission", Properties = merge(statement, {
        FunctionName = "${aws_lambda_function.this["page"].function_name}:${local.qualifiers["page"]}"
        Principal    = "*"
    }) } }
  })

  lifecycle {
    replace_triggered_by = [aws_lambda_function.this["page"].package_type]
  }

  depends_on = [aws_lambda_function_url.page]
}

resource "aws_lambda_function_url" "start" {
  count = contains(keys(local.functions), "http_start") ? 1 : 0

  function_name      = aws_lambda_function.this["http_start"].function_name
  qualifier          = local.qualifiers["http_start"]
  authorization_type = "AWS_IAM"

  lifecycle {
    replace_triggered_by = [aws_lambda_function.this["http_start"].package_type]
  }
}
