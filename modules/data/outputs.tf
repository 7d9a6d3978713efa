output "kms_key_arn" {
  description = "The key that encrypts everything of this region, e.g. arn:aws:kms:us-east-1:123456789012:key/EXAMPLE."
  value       = aws_kms_key.data.arn
}

output "table_arn" {
  description = "The table of greetings as policies name it, e.g. arn:aws:dynamodb:us-east-1:123456789012:table/EXAMPLE-greetings."
  value       = aws_dynamodb_table.greetings.arn
}

output "table_name" {
  description = "The table of greetings as API calls name it, e.g. EXAMPLE-greetings."
  value       = aws_dynamodb_table.greetings.name
}

output "topic_arn" {
  description = "The topic for verification messages, e.g. arn:aws:sns:us-east-1:123456789012:EXAMPLE-verification."
  value       = aws_sns_topic.verification.arn

  # Without its policy the topic would also accept messages without TLS.
  depends_on = [aws_sns_topic_policy.verification]
}
