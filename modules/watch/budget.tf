resource "aws_budgets_budget" "month" {
  for_each = { for limit in var.watch.budget_usd[*] : "${var.name}-month" => limit if local.is_primary }

  name         = each.key
  budget_type  = "COST"
  limit_amount = format("%.1f", each.value)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  notification {
    comparison_operator       = "GREATER_THAN"
    notification_type         = "ACTUAL"
    threshold                 = 80
    threshold_type            = "PERCENTAGE"
    subscriber_sns_topic_arns = [aws_sns_topic.ops.arn]
  }

  notification {
    comparison_operator       = "GREATER_THAN"
    notification_type         = "FORECASTED"
    threshold                 = 100
    threshold_type            = "PERCENTAGE"
    subscriber_sns_topic_arns = [aws_sns_topic.ops.arn]
  }

  # Budgets tries the topic when it is named.
  depends_on = [aws_sns_topic_policy.ops]
}
