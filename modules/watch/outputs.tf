output "alarm_name" {
  description = "The alarm of the region, which is in ALARM while any other is, e.g. EXAMPLE-region."
  value       = aws_cloudwatch_composite_alarm.region.alarm_name
}

output "budget_name" {
  description = "The budget of the environment, empty without one and outside of the primary region, e.g. EXAMPLE-month."
  value       = join("", [for budget in aws_budgets_budget.month : budget.name])
}

output "suppressor" {
  description = "What holds the messages of the region back while its maximum is 1, e.g. {\"dimensions\":{\"Region\":\"us-east-1\"},\"metric_name\":\"Applying\",\"namespace\":\"EXAMPLE/watch\"}."
  value       = local.suppressor
}

output "topic_arn" {
  description = "The topic that alarms and budget are sent to, e.g. arn:aws:sns:us-east-1:123456789012:EXAMPLE-ops."
  value       = aws_sns_topic.ops.arn

  # Without its policy the topic would also accept messages without TLS.
  depends_on = [aws_sns_topic_policy.ops]
}
