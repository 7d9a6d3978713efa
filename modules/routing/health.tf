locals {
  lever = {
    namespace   = "${var.name}/routing"
    metric_name = "OutOfService"
    dimensions  = { Region = local.region }
  }
}

resource "aws_route53_health_check" "status" {
  fqdn              = local.names.regional
  type              = "HTTPS"
  port              = 443
  resource_path     = "/status"
  request_interval  = var.domain.health_check.interval_seconds
  failure_threshold = var.domain.health_check.failures
  tags              = { Name = "${local.names.regional} answers" }
}

# Out of service while the metric is 1. Without data the region serves: a process that dies gives it back.
resource "aws_cloudwatch_metric_alarm" "out_of_service" {
  alarm_name          = "${var.name}-out-of-service"
  alarm_description   = "An operator or a drill keeps ${local.region} out of service: docs/routing.md."
  namespace           = local.lever.namespace
  metric_name         = local.lever.metric_name
  dimensions          = local.lever.dimensions
  statistic           = "Maximum"
  period              = 60
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
}

# It follows the data of the alarm, not its state: SetAlarmState changes nothing here.
resource "aws_route53_health_check" "lever" {
  type                            = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name           = aws_cloudwatch_metric_alarm.out_of_service.alarm_name
  cloudwatch_alarm_region         = local.region
  insufficient_data_health_status = "Healthy"
  tags                            = { Name = "${local.names.regional} is in service" }
}

resource "aws_route53_health_check" "region" {
  type                   = "CALCULATED"
  child_healthchecks     = [aws_route53_health_check.lever.id, aws_route53_health_check.status.id]
  child_health_threshold = 2
  tags                   = { Name = local.names.regional }
}
