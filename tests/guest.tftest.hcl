# What the module takes from those who call it, instead of making its own.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name = "docs"
}

run "what_is_the_callers_takes_the_place_of_the_modules" {
  command = plan

  variables {
    role_arns       = { merge = "arn:aws:iam::123456789012:role/theirs", documents = "arn:aws:iam::123456789012:role/machine" }
    log_group_names = { process = "/theirs/process", documents = "/aws/vendedlogs/states/theirs" }
    alarms          = { topic_arn = "arn:aws:sns:eu-central-1:123456789012:operators" }
    vpc             = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
    layers          = ["arn:aws:lambda:eu-central-1:123456789012:layer:theirs:3"]
  }

  assert {
    condition     = !contains(keys(aws_cloudwatch_log_group.functions), "process") && length(aws_cloudwatch_log_group.machines) == 0
    error_message = "The module makes none."
  }
  assert {
    condition     = aws_lambda_function.this["process"].logging_config[0].log_group == "/theirs/process" && aws_sfn_state_machine.this["documents"].logging_configuration[0].log_destination == "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/vendedlogs/states/theirs:*"
    error_message = "Function and machine write into it."
  }
  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.functions["process"].policy).Statement : statement.Resource if statement.Sid == "WriteLogs"
    ] == [["arn:aws:logs:eu-central-1:123456789012:log-group:/theirs/process:*"]]
    error_message = "The role may write into it."
  }
  assert {
    condition     = aws_cloudwatch_log_metric_filter.this["VerdictsNotDelivered-process"].log_group_name == "/theirs/process" && output.log_group_names["process"] == "/theirs/process"
    error_message = "It is listened to, and told."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.vpc_config[0].subnet_ids == toset(["subnet-1", "subnet-2"]) && function.vpc_config[0].security_group_ids == toset(["sg-1"])])
    error_message = "All functions are in it."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.layers == tolist(["arn:aws:lambda:eu-central-1:123456789012:layer:theirs:3"])])
    error_message = "The layers are there."
  }
  assert {
    condition     = aws_lambda_function.this["merge"].role == "arn:aws:iam::123456789012:role/theirs" && aws_sfn_state_machine.this["documents"].role_arn == "arn:aws:iam::123456789012:role/machine"
    error_message = "Function and machine run under it."
  }
  assert {
    condition     = !contains(keys(aws_iam_role.functions), "merge") && !contains(keys(aws_iam_role_policy.functions), "merge") && length(aws_iam_role.machines) + length(aws_iam_role_policy.machines) == 0
    error_message = "The module makes none, and writes no policy into the caller's."
  }
  assert {
    condition     = length(aws_iam_role.functions) == length(aws_lambda_function.this) - 1 && keys(output.role_names) == keys(aws_iam_role.functions)
    error_message = "The other roles are the module's, and named."
  }
}

run "a_machine_an_image_and_zips_are_of_the_callers" {
  command = plan

  variables {
    workflows   = ["documents", "direct"]
    definitions = { direct = "examples/existing-infrastructure/direct.asl.json" }

    workload = "scans"
    layers   = ["arn:aws:lambda:eu-central-1:123456789012:layer:theirs:3"]
    images   = { process = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/scans:1" }
    packages = {
      split = { bucket = "artifacts", key = "split.zip", layers = [] }
      merge = { layers = ["arn:aws:lambda:eu-central-1:123456789012:layer:fonts:1"] }
    }
  }

  assert {
    condition = (
      aws_lambda_function.this["process"].package_type == "Image" && aws_lambda_function.this["process"].image_uri == var.images["process"] &&
      aws_lambda_function.this["process"].image_config[0].command == tolist(["sfn_callback.handlers.process.handler"]) &&
      aws_lambda_function.this["process"].filename == null && aws_lambda_function.this["process"].runtime == null && aws_lambda_function.this["process"].layers == null
    )
    error_message = "The image is told its handler, and has no zip."
  }
  assert {
    condition     = aws_lambda_function.this["split"].s3_key == "split.zip" && aws_lambda_function.this["split"].filename == null && length(aws_lambda_function.this["split"].layers) == 0
    error_message = "A zip of its own, and no layer."
  }
  assert {
    condition = (
      aws_lambda_function.this["merge"].filename == "./dist/sfn_callback.zip" && aws_lambda_function.this["merge"].layers == tolist(["arn:aws:lambda:eu-central-1:123456789012:layer:fonts:1"]) &&
      aws_lambda_function.this["start"].filename == "./dist/sfn_callback.zip" && aws_lambda_function.this["start"].layers == tolist(var.layers)
    )
    error_message = "What a row leaves out is as for the others."
  }
  assert {
    condition     = jsondecode(aws_sfn_state_machine.this["direct"].definition).States.Archive.Parameters.archived
    error_message = "The machine has the caller's state."
  }
  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.this["direct"].definition).States.WaitForCompletion.Parameters.FunctionName == "arn:aws:lambda:eu-central-1:123456789012:function:docs-direct-worker:live" &&
      !contains(keys(jsondecode(aws_sfn_state_machine.this["direct"].definition).States.WaitForCompletion), "HeartbeatSeconds")
    )
    error_message = "Placeholders are filled in as in the module's own, and what is null is left out."
  }
  assert {
    condition     = jsondecode(jsonencode(output.callback_states["direct"])) == jsondecode(file("tests/golden/callback_states.json"))["direct"]
    error_message = "The state for other machines stays the module's."
  }
}
