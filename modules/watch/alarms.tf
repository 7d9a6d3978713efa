locals {
  # The alarms on one metric; each looks at minutes, and is in ALARM when `bad` of the last `of` are.
  metrics = merge(
    {
      api-latency = {
        means      = "The slowest 1 % of the answers take more than 80 % of the function's time limit."
        namespace  = "AWS/ApiGateway"
        metric     = "Latency"
        dimensions = local.api
        statistic  = "p99"
        above      = 800 * var.function.timeout_seconds # milliseconds
        bad        = 3
        of         = 5
      }
      api-throttles = {
        means      = "The API refuses more than 10 requests a minute, because more come than its throttle allows."
        namespace  = var.name
        metric     = local.filters.throttled.metric
        dimensions = {}
        statistic  = "Sum"
        above      = 10
        bad        = 2
        of         = 3
      }
      function-errors = {
        means      = "The function crashed or ran out of time more than twice in a minute."
        namespace  = "AWS/Lambda"
        metric     = "Errors"
        dimensions = local.function
        statistic  = "Sum"
        above      = 2
        bad        = 1
        of         = 1
      }
      function-throttles = {
        means      = "Lambda refuses to run the function: its concurrency, or the account's, is used up."
        namespace  = "AWS/Lambda"
        metric     = "Throttles"
        dimensions = local.function
        statistic  = "Sum"
        above      = 0
        bad        = 2
        of         = 3
      }
      messages-failed = {
        means      = "The topic could not deliver a message to a subscriber."
        namespace  = "AWS/SNS"
        metric     = "NumberOfNotificationsFailed"
        dimensions = { TopicName = element(split(":", var.topic_arn), 5) }
        statistic  = "Sum"
        above      = 0
        bad        = 1
        of         = 1
      }
      refused-tokens = {
        means      = "The API refuses far more tokens than is normal."
        namespace  = var.name
        metric     = local.filters.refused.metric
        dimensions = {}
        statistic  = "Sum"
        above      = var.watch.refused_per_minute
        bad        = 2
        of         = 3
      }
    },
    {
      for name, metric in local.throttled : "table-${name}-throttled" => {
        means      = "DynamoDB refuses ${name}, because more come than the table takes."
        namespace  = "AWS/DynamoDB"
        metric     = metric
        dimensions = { TableName = var.table_name }
        statistic  = "Sum"
        above      = 0
        bad        = 2
        of         = 3
      }
    },
    {
      for name, operation in local.operations : "table-${name}-errors" => {
        means      = "DynamoDB itself fails at ${operation}."
        namespace  = "AWS/DynamoDB"
        metric     = "SystemErrors"
        dimensions = { TableName = var.table_name, Operation = operation }
        statistic  = "Sum"
        above      = 0
        bad        = 2
        of         = 3
      }
    },
    {
      for region in local.receivers : "table-lag-${region}" => {
        means      = "Items take more than 10 seconds to arrive in ${region}."
        namespace  = "AWS/DynamoDB"
        metric     = "ReplicationLatency"
        dimensions = { TableName = var.table_name, ReceivingRegion = region }
        statistic  = "Average"
        above      = 10000 # milliseconds
        bad        = 3
        of         = 5
      }
    },
    {
      for reserved in var.function.reserved_concurrency[*] : "function-concurrency" => {
        means      = "The function uses more than 80 % of its reserved concurrency."
        namespace  = "AWS/Lambda"
        metric     = "ConcurrentExecutions"
        dimensions = local.function
        statistic  = "Maximum"
        above      = 0.8 * reserved
        bad        = 2
        of         = 3
      }
    },
  )
  api      = { ApiId = var.api_id }
  function = { FunctionName = var.function_name }

  throttled = { reads = "ReadThrottleEvents", writes = "WriteThrottleEvents" }
  # DynamoDB counts its errors for each operation only: the three that the function calls.
  operations = { get = "GetItem", put = "PutItem", update = "UpdateItem" }

  # With names, Route 53's health checkers call /status all the time.
  expects_requests = var.watch.expects_traffic || var.routed

  receivers = [for region in var.regions : region if var.replication == "global" && region != local.region]

  alarm_names = concat(
    [aws_cloudwatch_metric_alarm.api_errors.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.metric : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.no_requests : alarm.alarm_name],
  )
}

resource "aws_cloudwatch_metric_alarm" "metric" {
  for_each = local.metrics

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.means
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic == "p99" ? null : each.value.statistic
  extended_statistic  = each.value.statistic == "p99" ? "p99" : null
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  datapoints_to_alarm = each.value.bad
  evaluation_periods  = each.value.of
  treat_missing_data  = "notBreaching"

  # The alarm of the region lets one go before it is deleted.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_metric_alarm" "api_errors" {
  alarm_name          = "${var.name}-api-errors"
  alarm_description   = "More than 5 % of the answers are errors of ours."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  datapoints_to_alarm = 2
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "share"
    expression  = "100 * errors / requests"
    label       = "5xx in percent"
    return_data = true
  }

  metric_query {
    id = "errors"

    metric {
      namespace   = "AWS/ApiGateway"
      metric_name = "5xx"
      dimensions  = local.api
      period      = 60
      stat        = "Sum"
    }
  }

  metric_query {
    id = "requests"

    metric {
      namespace   = "AWS/ApiGateway"
      metric_name = "Count"
      dimensions  = local.api
      period      = 60
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "no_requests" {
  for_each = toset(local.expects_requests ? ["always"] : [])

  alarm_name          = "${var.name}-no-requests"
  alarm_description   = "No request came for five minutes, not even a health check."
  namespace           = "AWS/ApiGateway"
  metric_name         = "Count"
  dimensions          = local.api
  statistic           = "Sum"
  period              = 60
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  datapoints_to_alarm = 5
  evaluation_periods  = 5
  treat_missing_data  = "breaching"

  lifecycle {
    create_before_destroy = true
  }
}

# The one alarm that calls a person: its message names what began.
resource "aws_cloudwatch_composite_alarm" "region" {
  alarm_name        = "${var.name}-region"
  alarm_description = "An alarm of ${var.name} is in ALARM in ${local.region}. Its row in docs/alarms.md says where to look first."
  alarm_rule        = join(" OR ", [for name in sort(local.alarm_names) : "ALARM(\"${name}\")"])
  alarm_actions     = [aws_sns_topic.ops.arn]
  ok_actions        = [aws_sns_topic.ops.arn]

  # In seconds: the alarm follows the first value within a minute, and the last minutes of an apply are measured late.
  actions_suppressor {
    alarm            = aws_cloudwatch_metric_alarm.applying.alarm_name
    wait_period      = 60
    extension_period = 120
  }

  # Without its policy the topic refuses the message.
  depends_on = [aws_sns_topic_policy.ops]
}
