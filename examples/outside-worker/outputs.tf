output "bucket" {
  description = "Name of the bucket."
  value       = module.callback.bucket
}

output "chunks_queue_url" {
  description = "URL of the queue that workers read."
  value       = aws_sqs_queue.this["chunks"].url
}

output "reports" {
  description = "Where chunks are reported."
  value       = module.callback.reports
}

output "notices_topic_arn" {
  description = "ARN of the topic that the recognition tells when it is done."
  value       = aws_sns_topic.notices.arn
}

output "worker_policy" {
  description = "IAM policy for a worker: it reads the queue and the chunks, and reports."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = concat(jsondecode(module.callback.reporter_policy).Statement, [
      {
        Sid      = "TakeChunks"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"]
        Resource = [aws_sqs_queue.this["chunks"].arn]
      },
      { Sid = "ReadChunks", Effect = "Allow", Action = ["s3:GetObject"], Resource = [local.chunk_objects] },
    ])
  })
}

output "callback" {
  description = "All outputs of the module."
  value       = module.callback
}
