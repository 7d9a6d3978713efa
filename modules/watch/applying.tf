locals {
  # What `meridian apply` keeps at 1 while it runs. Without data messages are sent: a process that dies holds none back.
  suppressor = {
    namespace   = "${var.name}/watch"
    metric_name = "Applying"
    dimensions  = { Region = local.region }
  }
}

resource "aws_cloudwatch_metric_alarm" "applying" {
  alarm_name          = "${var.name}-applying"
  alarm_description   = "No fault: `meridian apply` is at work, and ${var.name}-region sends no messages."
  namespace           = local.suppressor.namespace
  metric_name         = local.suppressor.metric_name
  dimensions          = local.suppressor.dimensions
  statistic           = "Maximum"
  period              = 60
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
}
