# Wrong inputs are refused at plan time, each with a sentence of its own.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  name = "docs"
}

run "a_name_with_capitals_is_refused" {
  command = plan

  variables {
    name = "Docs"
  }

  expect_failures = [var.name]
}

run "a_name_that_is_too_long_is_refused" {
  command = plan

  variables {
    name = "abcdefghijklmnopqrstuvwxyz-0123"
  }

  expect_failures = [var.name]
}

run "a_tag_that_aws_keeps_for_itself_is_refused" {
  command = plan

  variables {
    tags = { "aws:team" = "data" }
  }

  expect_failures = [var.tags]
}

run "an_unknown_workflow_is_refused" {
  command = plan

  variables {
    workflows = ["documents", "document"]
  }

  expect_failures = [var.workflows]
}

run "a_workload_that_is_a_file_is_refused" {
  command = plan

  variables {
    workload = "words.py/x"
  }

  expect_failures = [var.workload]
}

run "a_package_from_two_places_is_refused" {
  command = plan

  variables {
    package = { path = "dist/sfn_callback.zip", bucket = "b", key = "k" }
  }

  expect_failures = [var.package]
}

run "a_package_without_its_key_is_refused" {
  command = plan

  variables {
    package = { bucket = "b" }
  }

  expect_failures = [var.package]
}

run "a_package_that_is_not_there_is_refused" {
  command = plan

  variables {
    package = { path = "dist/none.zip" }
  }

  expect_failures = [var.package]
}

run "a_variable_of_the_modules_own_is_refused" {
  command = plan

  variables {
    environment = { SFN_CALLBACK_TABLE = "t" }
  }

  expect_failures = [var.environment]
}

run "a_runtime_that_is_too_old_is_refused" {
  command = plan

  variables {
    runtime = "python3.10"
  }

  expect_failures = [var.runtime]
}

run "an_unknown_architecture_is_refused" {
  command = plan

  variables {
    architecture = "arm"
  }

  expect_failures = [var.architecture]
}

run "too_little_memory_is_refused" {
  command = plan

  variables {
    memory_mb = { process = 64 }
  }

  expect_failures = [var.memory_mb]
}

run "memory_for_an_unknown_function_is_refused" {
  command = plan

  variables {
    memory_mb = { proces = 512 }
  }

  expect_failures = [output.function_names]
}

run "a_timeout_beyond_lambdas_is_refused" {
  command = plan

  variables {
    timeout_seconds = { process = 901 }
  }

  expect_failures = [var.timeout_seconds]
}

run "a_timeout_for_an_unknown_function_is_refused" {
  command = plan

  variables {
    timeout_seconds = { merger = 60 }
  }

  expect_failures = [output.function_names]
}

run "a_reservation_of_nothing_is_refused" {
  command = plan

  variables {
    reserved_concurrency = 0
  }

  expect_failures = [var.reserved_concurrency]
}

run "fail_fast_with_a_tolerance_is_refused" {
  command = plan

  variables {
    completion = { fail_fast = true, tolerated_failure_count = 1 }
  }

  expect_failures = [var.completion]
}

run "neither_fail_fast_nor_a_tolerance_is_refused" {
  command = plan

  variables {
    completion = { fail_fast = false }
  }

  expect_failures = [var.completion]
}

run "a_tolerance_that_no_item_can_list_is_refused" {
  command = plan

  variables {
    completion = { tolerated_failure_count = 50001 }
  }

  expect_failures = [var.completion]
}

run "a_percentage_over_a_hundred_is_refused" {
  command = plan

  variables {
    completion = { tolerated_failure_percentage = 101 }
  }

  expect_failures = [var.completion]
}

run "a_wait_without_a_round_is_refused" {
  command = plan

  variables {
    wait = { max_rounds = 0 }
  }

  expect_failures = [var.wait]
}

run "a_job_shorter_than_its_rounds_is_refused" {
  command = plan

  variables {
    wait = { round_seconds = 3600, max_rounds = 3, job_seconds = 10800 }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "a_job_of_more_than_a_year_is_refused" {
  command = plan

  variables {
    wait = { job_seconds = 31536001 }
  }

  expect_failures = [var.wait]
}

run "a_retention_that_logs_do_not_have_is_refused" {
  command = plan

  variables {
    retention_days = { logs = 10 }
  }

  expect_failures = [var.retention_days]
}

run "data_that_is_kept_for_no_day_is_refused" {
  command = plan

  variables {
    retention_days = { data = 0 }
  }

  expect_failures = [var.retention_days]
}

run "chunks_that_expire_under_a_running_job_is_refused" {
  command = plan

  variables {
    wait           = { job_seconds = 864000 }
    retention_days = { data = 10 }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "an_alias_for_a_key_is_refused" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/mine"
  }

  expect_failures = [var.kms_key_arn]
}

run "a_boundary_that_is_no_policy_is_refused" {
  command = plan

  variables {
    permissions_boundary = "boundary"
  }

  expect_failures = [var.permissions_boundary]
}

run "a_path_without_its_slash_is_refused" {
  command = plan

  variables {
    role_path = "pipelines"
  }

  expect_failures = [var.role_path]
}

run "verdicts_to_what_is_no_arn_is_refused" {
  command = plan

  variables {
    resume_resources = ["my-machine"]
  }

  expect_failures = [var.resume_resources]
}

run "a_name_that_s3_keeps_for_itself_is_refused" {
  command = plan

  variables {
    name = "xn--docs"
  }

  expect_failures = [var.name]
}

run "a_variable_that_lambda_sets_itself_is_refused" {
  command = plan

  variables {
    environment = { AWS_REGION = "eu-central-1" }
  }

  expect_failures = [var.environment]
}

run "a_task_without_time_is_refused" {
  command = plan

  variables {
    task = { timeout_seconds = 1 }
  }

  expect_failures = [var.task]
}

run "a_heartbeat_after_the_timeout_is_refused" {
  command = plan

  variables {
    task = { timeout_seconds = 60, heartbeat_seconds = 60 }
  }

  expect_failures = [var.task]
}

run "a_concurrency_below_that_of_sqs_is_refused" {
  command = plan

  variables {
    task = { maximum_concurrency = 1 }
  }

  expect_failures = [var.task]
}

run "an_unknown_place_for_large_outputs_is_refused" {
  command = plan

  variables {
    task = { large_outputs = "drop" }
  }

  expect_failures = [var.task]
}

run "a_worker_without_time_to_tell_the_machine_is_refused" {
  command = plan

  variables {
    timeout_seconds = { queue_worker = 5 }
  }

  expect_failures = [output.function_names]
}
