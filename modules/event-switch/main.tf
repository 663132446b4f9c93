# Whether a bucket tells EventBridge what happens in it: a warning where it does not, or where nobody can say. A module of its
# own, because the data source of a check takes no count.

terraform {
  required_version = ">= 1.5.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
}

variable "bucket" {
  description = "Name of the bucket."
  type        = string
}

check "the_bucket_tells_eventbridge" {
  # No data source of its own has a bucket's notifications. This one needs cloudformation:GetResource and
  # s3:GetBucketNotification, among others: what it is refused is a warning, too.
  # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-eventbridgeconfiguration.html
  data "aws_cloudcontrolapi_resource" "bucket" {
    type_name  = "AWS::S3::Bucket"
    identifier = var.bucket
  }

  assert {
    condition     = try(tobool(jsondecode(data.aws_cloudcontrolapi_resource.bucket.properties).NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled), false)
    error_message = "The bucket ${var.bucket} does not tell EventBridge what is new in it, so nothing would start: set `eventbridge = true` in its aws_s3_bucket_notification."
  }
}
