# The page of approvals behind an Application Load Balancer that has everybody sign in at your identity provider first.

terraform {
  required_version = ">= 1.5.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
}

provider "aws" {}

module "callback" {
  source = "../.."

  name          = var.name
  workflows     = ["approval"]
  force_destroy = var.force_destroy

  approval = {
    emails = var.emails
    url    = "https://${var.domain}"
    # Nobody gets past the sign-in: the function URL answers only who signs, and may invoke it.
    url_auth = "AWS_IAM"
  }

  tags = { Project = var.name }
}

resource "aws_lb" "page" {
  #checkov:skip=CKV_AWS_91:An access log would hold the approvals' links, and your platform decides who may read those.
  #checkov:skip=CKV_AWS_150:Nothing is lost with it: another one leads to the same page.
  #checkov:skip=CKV2_AWS_20:There is no listener for plain HTTP, so there is nothing to redirect.
  #checkov:skip=CKV2_AWS_28:A firewall costs money: add one where you want it.
  name               = var.name
  load_balancer_type = "application"
  internal           = var.internal
  subnets            = var.subnet_ids
  security_groups    = [aws_security_group.page.id]

  drop_invalid_header_fields = true

  tags = { Project = var.name }
}

resource "aws_security_group" "page" {
  name        = "${var.name}-page"
  description = "Who may reach the sign-in of ${var.name}."
  vpc_id      = var.vpc_id

  tags = { Project = var.name }
}

resource "aws_vpc_security_group_ingress_rule" "readers" {
  for_each = var.reached_from

  security_group_id = aws_security_group.page.id
  description       = "Whoever is asked."
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html: it fetches the tokens itself.
resource "aws_vpc_security_group_egress_rule" "provider" {
  security_group_id = aws_security_group.page.id
  description       = "The identity provider."
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Its only rule: another one that forwards without a sign-in would let anybody say who they are.
resource "aws_lb_listener" "page" {
  load_balancer_arn = aws_lb.page.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    order = 1
    type  = "authenticate-oidc"

    authenticate_oidc {
      issuer                     = var.oidc.issuer
      authorization_endpoint     = var.oidc.authorization_endpoint
      token_endpoint             = var.oidc.token_endpoint
      user_info_endpoint         = var.oidc.user_info_endpoint
      client_id                  = var.oidc.client_id
      client_secret              = var.oidc_client_secret
      on_unauthenticated_request = "authenticate"
      scope                      = "openid"
      session_timeout            = 43200
    }
  }

  default_action {
    order            = 2
    type             = "forward"
    target_group_arn = aws_lb_target_group.page.arn
  }

  tags = { Project = var.name }
}

resource "aws_lb_target_group" "page" {
  name        = var.name
  target_type = "lambda"
  # Only so does a decision say who signed in: a header that came twice shows.
  lambda_multi_value_headers_enabled = true

  tags = { Project = var.name }
}

resource "aws_lb_target_group_attachment" "page" {
  target_group_arn = aws_lb_target_group.page.arn
  target_id        = module.callback.page_function_arn

  depends_on = [aws_lambda_permission.page]
}

resource "aws_lambda_permission" "page" {
  statement_id  = "sign-in"
  action        = "lambda:InvokeFunction"
  function_name = module.callback.function_names["page"]
  qualifier     = "live"
  principal     = "elasticloadbalancing.amazonaws.com"
  source_arn    = aws_lb_target_group.page.arn
}
