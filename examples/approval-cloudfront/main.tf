# The page of approvals behind a CloudFront distribution, whose URL the module reads from an SSM parameter: the distribution
# needs the page's URL, so that the module cannot be given the distribution's.

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

locals {
  # A text, not a reference to the parameter, which would be the cycle again.
  parameter = "/${var.name}/approval-url"
}

module "callback" {
  source = "../.."

  name          = var.name
  workflows     = ["approval"]
  force_destroy = var.force_destroy

  approval = {
    emails        = var.emails
    url_parameter = local.parameter
  }

  tags = { Project = var.name }
}

resource "aws_ssm_parameter" "url" {
  #checkov:skip=CKV2_AWS_34:A URL is no secret: whoever is asked gets it by mail.
  name  = local.parameter
  type  = "String"
  value = "https://${aws_cloudfront_distribution.page.domain_name}"
}

# Nothing is kept, and all is handed on but the host, which the function URL needs to be its own:
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
data "aws_cloudfront_cache_policy" "none" {
  name = "Managed-CachingDisabled"
}

data "aws_cloudfront_origin_request_policy" "page" {
  name = "Managed-AllViewerExceptHostHeader"
}

resource "aws_cloudfront_distribution" "page" {
  #checkov:skip=CKV_AWS_68:A firewall costs money: add one where you want it.
  #checkov:skip=CKV2_AWS_47:It is a rule of that firewall, which is yours to add.
  #checkov:skip=CKV_AWS_86:An access log would hold links that decide: whoever reads it could.
  #checkov:skip=CKV_AWS_174:CloudFront's own certificate brings its own minimum: name one of your domain, and TLSv1.2_2021.
  #checkov:skip=CKV2_AWS_42:The domain is CloudFront's own, to keep the example short.
  #checkov:skip=CKV_AWS_305:There is no page at the root, only one for each approval.
  #checkov:skip=CKV_AWS_310:There is one function, with no other to fail over to.
  #checkov:skip=CKV_AWS_374:Whom you ask may be anywhere.
  #checkov:skip=CKV2_AWS_32:The page sets all of these headers itself.
  enabled     = true
  comment     = "The approvals of ${var.name}"
  price_class = "PriceClass_100"

  origin {
    origin_id   = "page"
    domain_name = split("/", module.callback.page_url)[2]

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    target_origin_id         = "page"
    viewer_protocol_policy   = "https-only"
    allowed_methods          = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods           = ["GET", "HEAD"]
    cache_policy_id          = data.aws_cloudfront_cache_policy.none.id
    origin_request_policy_id = data.aws_cloudfront_origin_request_policy.page.id
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }

  tags = { Project = var.name }
}
