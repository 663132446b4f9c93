# `create = false`, with everything asked for: what tests/module/test_guest.py reads a plan of.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "nothing_is_planned" {
  command = plan

  variables {
    name              = "docs"
    create            = false
    sweep             = {}
    parts             = {}
    pending           = { doors = ["queue", "topic", "url"], reporters = ["arn:aws:iam::123456789012:role/theirs"] }
    workflows         = ["documents", "direct", "queue", "topic", "approval"]
    http_start        = true
    alarms            = { topic_arn = "arn:aws:sns:eu-central-1:123456789012:operators" }
    approval          = { emails = ["ana@example.com"] }
    durable_functions = ["arn:aws:lambda:eu-central-1:123456789012:function:theirs"]
  }
}

# What these come from is not made either; tests/module/refusals.py has the same with `create`.
run "nothing_is_asked_for_that_is_not_needed" {
  command = plan

  variables {
    name      = "docs"
    create    = false
    workflows = ["documents", "direct", "queue", "topic", "approval"]
    sweep     = {}
    metrics   = true
    dashboard = true

    alarms               = { topic_arn = null }
    approval             = { emails = [null], url = "", webhook_secret_arn = "" }
    bucket               = { name = null, kms_key_arn = "" }
    definitions          = { direct = null, documents = "none.json" }
    document_suffixes    = [null]
    durable_functions    = [null]
    environment          = { TEAM = null }
    ephemeral_storage_mb = { process = null }
    images               = { merge = null }
    kms_key_arn          = ""
    packages             = { merge = null, split = { path = "none.zip" } }
    layers               = [null]
    log_group_names      = { process = null, split = null }
    memory_mb            = { process = null }
    notifications        = { topic_arn = "" }
    package              = { path = "none.zip" }
    pending              = { reporters = [null], result_buckets = [""] }
    permissions_boundary = ""
    resume_resources     = [null]
    role_arns            = { process = null }
    tags                 = { team = null }
    timeout_seconds      = { process = null }
    versions             = { publish = true, live = { process = null } }
    vpc                  = { subnet_ids = [], security_group_ids = [null] }
  }
}
