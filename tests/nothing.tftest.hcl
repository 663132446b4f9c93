# `create = false`, with everything asked for: what tests/module/test_guest.py reads a plan of.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "nothing_is_planned" {
  command = plan

  variables {
    name       = "docs"
    create     = false
    sweep      = {}
    workflows  = ["documents", "direct", "queue", "topic", "approval"]
    http_start = true
    alarms     = { topic_arn = "arn:aws:sns:eu-central-1:123456789012:operators" }
    approval   = { emails = ["ana@example.com"] }
  }
}
