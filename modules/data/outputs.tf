output "kms_key_arn" {
  description = "The key that encrypts everything of this region, e.g. arn:aws:kms:us-east-1:123456789012:key/EXAMPLE."
  value       = aws_kms_key.data.arn
}

output "replication" {
  description = "Whether the tables of all regions are one, global or none, e.g. EXAMPLE."
  value       = var.replication
}

output "table_arn" {
  description = "The table of greetings as policies name it, e.g. arn:aws:dynamodb:us-east-1:123456789012:table/EXAMPLE-greetings."
  value       = one(concat(aws_dynamodb_table.greetings[*].arn, aws_dynamodb_table_replica.greetings[*].arn))
}

output "table_name" {
  description = "The table of greetings as API calls name it, e.g. EXAMPLE-greetings."
  value       = local.table_name
  depends_on  = [aws_dynamodb_table.greetings, aws_dynamodb_table_replica.greetings]
}

output "topic_arn" {
  description = "The topic for verification messages, e.g. arn:aws:sns:us-east-1:123456789012:EXAMPLE-verification."
  value       = aws_sns_topic.verification.arn

  # Without its policy the topic would also accept messages without TLS.
  depends_on = [aws_sns_topic_policy.verification]
}
