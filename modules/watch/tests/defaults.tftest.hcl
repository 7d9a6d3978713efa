mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }

  # The provider checks these where they are used, before anything is planned.
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:greeter-dev-ops" }
  }
}

# The smallest call: the README shows the same one.
variables {
  name           = "greeter-dev"
  api_id         = "q1w2e3r4t5"
  function_name  = "greeter-dev-greet"
  primary_region = "us-east-1"
  regions        = ["us-east-1", "eu-west-1"]
  table_name     = "greeter-dev-greetings"
  topic_arn      = "arn:aws:sns:us-east-1:123456789012:greeter-dev-verification"
}

run "the_alarms_are_these" {
  command = plan

  assert {
    condition = sort(keys(aws_cloudwatch_metric_alarm.metric)) == tolist([
      "api-latency", "api-throttles", "function-errors", "function-throttles", "messages-failed", "refused-tokens",
      "table-get-errors", "table-put-errors", "table-reads-throttled", "table-update-errors", "table-writes-throttled",
    ])
    error_message = "There must be exactly these alarms on one metric."
  }

  assert {
    condition     = alltrue([for key, alarm in aws_cloudwatch_metric_alarm.metric : alarm.alarm_name == "greeter-dev-${key}"])
    error_message = "The name of an alarm must begin with the name given."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.no_requests) == 0
    error_message = "Without names, and so without health checks, no request is no alarm."
  }
}

run "each_alarm_watches_the_metric_that_the_service_sends" {
  command = plan

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.metric : key => [alarm.namespace, alarm.metric_name] } == {
      api-latency            = ["AWS/ApiGateway", "Latency"]
      api-throttles          = ["greeter-dev", "ThrottledRequests"]
      function-errors        = ["AWS/Lambda", "Errors"]
      function-throttles     = ["AWS/Lambda", "Throttles"]
      messages-failed        = ["AWS/SNS", "NumberOfNotificationsFailed"]
      refused-tokens         = ["greeter-dev", "RefusedTokens"]
      table-get-errors       = ["AWS/DynamoDB", "SystemErrors"]
      table-put-errors       = ["AWS/DynamoDB", "SystemErrors"]
      table-reads-throttled  = ["AWS/DynamoDB", "ReadThrottleEvents"]
      table-update-errors    = ["AWS/DynamoDB", "SystemErrors"]
      table-writes-throttled = ["AWS/DynamoDB", "WriteThrottleEvents"]
    }
    error_message = "Each alarm must watch its metric."
  }

  assert {
    condition = jsonencode({ for key, alarm in aws_cloudwatch_metric_alarm.metric : key => try(length(alarm.dimensions), 0) > 0 ? alarm.dimensions : {} }) == jsonencode({
      api-latency            = { ApiId = "q1w2e3r4t5" }
      api-throttles          = {}
      function-errors        = { FunctionName = "greeter-dev-greet" }
      function-throttles     = { FunctionName = "greeter-dev-greet" }
      messages-failed        = { TopicName = "greeter-dev-verification" }
      refused-tokens         = {}
      table-get-errors       = { TableName = "greeter-dev-greetings", Operation = "GetItem" }
      table-put-errors       = { TableName = "greeter-dev-greetings", Operation = "PutItem" }
      table-reads-throttled  = { TableName = "greeter-dev-greetings" }
      table-update-errors    = { TableName = "greeter-dev-greetings", Operation = "UpdateItem" }
      table-writes-throttled = { TableName = "greeter-dev-greetings" }
    })
    error_message = "Each alarm must look at this environment's resources alone."
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.metric : key => alarm.statistic if alarm.statistic != null } == {
      for key in setsubtract(keys(aws_cloudwatch_metric_alarm.metric), ["api-latency"]) : key => "Sum"
    }
    error_message = "All but the latency must be counted."
  }

  assert {
    condition     = { for key, alarm in aws_cloudwatch_metric_alarm.metric : key => alarm.extended_statistic if alarm.extended_statistic != null } == { api-latency = "p99" }
    error_message = "The latency must be that of the slowest 1 %."
  }
}

run "each_alarm_has_its_threshold_and_its_minutes" {
  command = plan

  assert {
    condition = {
      for key, alarm in aws_cloudwatch_metric_alarm.metric : key => [alarm.threshold, alarm.datapoints_to_alarm, alarm.evaluation_periods]
      } == {
      api-latency            = [4000, 3, 5]
      api-throttles          = [10, 2, 3]
      function-errors        = [2, 1, 1]
      function-throttles     = [0, 2, 3]
      messages-failed        = [0, 1, 1]
      refused-tokens         = [60, 2, 3]
      table-get-errors       = [0, 2, 3]
      table-put-errors       = [0, 2, 3]
      table-reads-throttled  = [0, 2, 3]
      table-update-errors    = [0, 2, 3]
      table-writes-throttled = [0, 2, 3]
    }
    error_message = "Threshold, bad minutes and minutes must be these; 4000 ms are 80 % of the function's 5 seconds."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.metric : alarm.period == 60 && alarm.comparison_operator == "GreaterThanThreshold"])
    error_message = "Every alarm must compare minutes with what they may have at most."
  }
}

run "no_data_is_no_alarm_where_errors_are_counted" {
  command = plan

  assert {
    condition     = toset([for alarm in aws_cloudwatch_metric_alarm.metric : alarm.treat_missing_data]) == toset(["notBreaching"])
    error_message = "A service sends no data while there is nothing to count."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.api_errors.treat_missing_data == "notBreaching"
    error_message = "Without requests there is no share of errors."
  }
}

run "five_percent_of_errors_in_two_of_three_minutes_are_an_alarm" {
  command = plan

  assert {
    condition     = [for query in aws_cloudwatch_metric_alarm.api_errors.metric_query : query.expression if query.return_data == true] == ["100 * errors / requests"]
    error_message = "The alarm must compare the share of errors, in percent."
  }

  assert {
    condition = jsonencode({
      for query in aws_cloudwatch_metric_alarm.api_errors.metric_query : query.id => {
        for metric in query.metric : metric.metric_name => [metric.namespace, metric.dimensions, metric.period, metric.stat]
      }
      }) == jsonencode({
      errors   = { "5xx" = ["AWS/ApiGateway", { ApiId = "q1w2e3r4t5" }, 60, "Sum"] }
      requests = { "Count" = ["AWS/ApiGateway", { ApiId = "q1w2e3r4t5" }, 60, "Sum"] }
      share    = {}
    })
    error_message = "The share must be that of this API's errors and requests."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.api_errors.threshold == 5
      && aws_cloudwatch_metric_alarm.api_errors.datapoints_to_alarm == 2
      && aws_cloudwatch_metric_alarm.api_errors.evaluation_periods == 3
      && aws_cloudwatch_metric_alarm.api_errors.comparison_operator == "GreaterThanThreshold"
    )
    error_message = "More than 5 percent in 2 of 3 minutes must be an alarm."
  }
}

run "refusals_are_counted_in_the_access_log_of_compute" {
  command = plan

  assert {
    condition     = toset([for filter in aws_cloudwatch_log_metric_filter.access : filter.log_group_name]) == toset(["/aws/vendedlogs/greeter-dev-api"])
    error_message = "The filters must read the log that compute writes."
  }

  assert {
    condition = { for key, filter in aws_cloudwatch_log_metric_filter.access : key => filter.pattern } == {
      refused   = "{ ($.status = \"401\") || ($.status = \"403\") }"
      throttled = "{ $.status = \"429\" }"
    }
    error_message = "The log has the status as a string."
  }

  assert {
    condition = alltrue([
      for pair in [["refused", "refused-tokens"], ["throttled", "api-throttles"]] :
      aws_cloudwatch_log_metric_filter.access[pair[0]].metric_transformation[0].name == aws_cloudwatch_metric_alarm.metric[pair[1]].metric_name
      && aws_cloudwatch_log_metric_filter.access[pair[0]].metric_transformation[0].namespace == aws_cloudwatch_metric_alarm.metric[pair[1]].namespace
    ])
    error_message = "The alarms must watch the metrics that the filters write."
  }
}

run "one_alarm_of_the_region_sends_one_message_for_all" {
  assert {
    condition = aws_cloudwatch_composite_alarm.region.alarm_rule == join(" OR ", [for name in sort(concat(
      ["greeter-dev-api-errors"], [for alarm in aws_cloudwatch_metric_alarm.metric : alarm.alarm_name]
    )) : "ALARM(\"${name}\")"])
    error_message = "The alarm of the region must follow every other."
  }

  assert {
    condition = (
      aws_cloudwatch_composite_alarm.region.alarm_actions == toset([aws_sns_topic.ops.arn])
      && aws_cloudwatch_composite_alarm.region.ok_actions == toset([aws_sns_topic.ops.arn])
    )
    error_message = "Its beginning and its end must be sent to the topic."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.metric : try(length(alarm.alarm_actions), 0) == 0])
    error_message = "No other alarm may send messages."
  }
}

run "an_apply_holds_the_messages_back" {
  command = plan

  assert {
    condition     = one(aws_cloudwatch_composite_alarm.region.actions_suppressor) == { alarm = "greeter-dev-applying", wait_period = 60, extension_period = 120 }
    error_message = "The alarm of the region must wait for the apply, and no longer than this."
  }

  assert {
    condition = (
      [for one in [aws_cloudwatch_metric_alarm.applying] : [one.namespace, one.metric_name, one.statistic, one.comparison_operator]] == [["greeter-dev/watch", "Applying", "Maximum", "GreaterThanOrEqualToThreshold"]]
      && [for one in [aws_cloudwatch_metric_alarm.applying] : [one.threshold, one.period, one.evaluation_periods]] == [[1, 60, 1]]
      && aws_cloudwatch_metric_alarm.applying.dimensions == tomap({ Region = "us-east-1" })
    )
    error_message = "A minute in which an apply sent 1 must hold the messages back."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.applying.treat_missing_data == "notBreaching"
    error_message = "An apply that was killed must not hold messages back for ever."
  }

  assert {
    condition     = !strcontains(aws_cloudwatch_composite_alarm.region.alarm_rule, "applying")
    error_message = "An apply is no fault of the region."
  }
}

run "the_topic_admits_this_account_and_its_alarms_over_tls" {
  assert {
    condition     = [for s in data.aws_iam_policy_document.topic.statement : s.sid] == ["OnlyThisAccount", "AlarmsAndBudgetsOfThisAccount", "OnlyOverTls"]
    error_message = "The topic's policy must have exactly these three statements."
  }

  assert {
    condition     = one(data.aws_iam_policy_document.topic.statement[0].principals).identifiers == toset(["arn:aws:iam::123456789012:root"])
    error_message = "Of accounts only this one may be admitted."
  }

  assert {
    condition = (
      data.aws_iam_policy_document.topic.statement[1].actions == toset(["sns:Publish"])
      && one(data.aws_iam_policy_document.topic.statement[1].principals).identifiers == toset(["budgets.amazonaws.com", "cloudwatch.amazonaws.com"])
      && data.aws_iam_policy_document.topic.statement[1].condition == toset([
        { test = "StringEquals", variable = "aws:SourceAccount", values = tolist(["123456789012"]) },
      ])
    )
    error_message = "Alarms and budgets may publish, of this account alone."
  }

  assert {
    condition = data.aws_iam_policy_document.topic.statement[2].effect == "Deny" && data.aws_iam_policy_document.topic.statement[2].condition == toset([
      { test = "Bool", variable = "aws:SecureTransport", values = tolist(["false"]) },
    ])
    error_message = "Everybody must be refused without TLS."
  }

  assert {
    condition     = data.aws_iam_policy_document.topic.statement[2].actions == data.aws_iam_policy_document.topic.statement[0].actions
    error_message = "Whatever is admitted must be refused without TLS."
  }

  assert {
    condition     = aws_sns_topic_policy.ops.arn == aws_sns_topic.ops.arn && aws_sns_topic_policy.ops.policy == data.aws_iam_policy_document.topic.json
    error_message = "The topic must have the policy."
  }
}

run "the_topic_is_encrypted_with_a_key_that_its_senders_may_use" {
  assert {
    condition     = aws_sns_topic.ops.kms_master_key_id == aws_kms_key.ops.arn && aws_kms_key.ops.enable_key_rotation
    error_message = "The topic must be encrypted with this module's key, which rotates."
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.key.statement : s.sid] == ["AccountAdministers", "AlarmsAndBudgetsOfThisAccount"]
    error_message = "The key's policy must have exactly these two statements."
  }

  assert {
    condition     = one(data.aws_iam_policy_document.key.statement[0].principals).identifiers == toset(["arn:aws:iam::123456789012:root"])
    error_message = "This account alone must administer the key."
  }

  assert {
    condition = (
      data.aws_iam_policy_document.key.statement[1].actions == toset(["kms:Decrypt", "kms:GenerateDataKey*"])
      && one(data.aws_iam_policy_document.key.statement[1].principals).identifiers == toset(["budgets.amazonaws.com", "cloudwatch.amazonaws.com"])
      && data.aws_iam_policy_document.key.statement[1].condition == toset([
        { test = "StringEquals", variable = "aws:SourceAccount", values = tolist(["123456789012"]) },
      ])
    )
    error_message = "Alarms and budgets may use the key, of this account alone."
  }

  assert {
    condition     = aws_kms_alias.ops.name == "alias/greeter-dev-watch" && aws_kms_key.ops.policy == data.aws_iam_policy_document.key.json
    error_message = "The key must have its policy and be found by its alias."
  }
}

run "the_primary_region_has_the_dashboard_of_all_regions" {
  command = plan

  assert {
    condition     = keys(aws_cloudwatch_dashboard.environment) == ["greeter-dev-alarms"]
    error_message = "The environment must have one dashboard."
  }

  assert {
    condition = [
      for widget in slice(jsondecode(aws_cloudwatch_dashboard.environment["greeter-dev-alarms"].dashboard_body).widgets, 0, 2) :
      [widget.type, widget.properties.title, tostring(widget.x), tostring(widget.y), widget.properties.alarms[0]]
      ] == [
      ["alarm", "us-east-1", "0", "0", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:greeter-dev-region"],
      ["alarm", "eu-west-1", "12", "0", "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:greeter-dev-region"],
    ]
    error_message = "The first line must show the alarms of the regions side by side."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.environment["greeter-dev-alarms"].dashboard_body).widgets) == 2 * (1 + 1 + length(aws_cloudwatch_metric_alarm.metric))
    error_message = "There must be a graph for each alarm of each region."
  }
}

run "another_region_has_neither_dashboard_nor_budget" {
  command = plan

  variables {
    primary_region = "eu-west-1"
    watch          = { budget_usd = 20 }
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.environment) == 0 && length(aws_budgets_budget.month) == 0
    error_message = "What an environment has once must be in its primary region alone."
  }
}

run "more_regions_than_fit_side_by_side_are_shown_in_two_lines" {
  command = plan

  variables {
    regions = ["us-east-1", "us-east-2", "eu-west-1", "eu-west-2", "ap-southeast-2"]
  }

  assert {
    condition = [
      for widget in slice(jsondecode(aws_cloudwatch_dashboard.environment["greeter-dev-alarms"].dashboard_body).widgets, 3, 6) : [widget.x, widget.y]
    ] == [[18, 0], [0, 4], [0, 8]]
    error_message = "The fifth region must be below the first, and the graphs below both lines."
  }
}

run "has_no_budget_and_no_subscriber_by_default" {
  command = plan

  assert {
    condition     = length(aws_budgets_budget.month) == 0 && length(aws_sns_topic_subscription.subscriber) == 0
    error_message = "There must be no budget and no subscriber unless asked for."
  }
}

run "reserved_concurrency_has_an_alarm_at_80_percent" {
  command = plan

  variables {
    function = { timeout_seconds = 10, reserved_concurrency = 50 }
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.metric["function-concurrency"].threshold == 40
      && aws_cloudwatch_metric_alarm.metric["function-concurrency"].metric_name == "ConcurrentExecutions"
      && aws_cloudwatch_metric_alarm.metric["function-concurrency"].statistic == "Maximum"
      && aws_cloudwatch_metric_alarm.metric["function-concurrency"].dimensions == tomap({ FunctionName = "greeter-dev-greet" })
    )
    error_message = "The most concurrent runs must be compared with 80 % of the reserved ones."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_composite_alarm.region.alarm_rule, "ALARM(\"greeter-dev-function-concurrency\")")
    error_message = "The alarm of the region must follow this one too."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["api-latency"].threshold == 8000
    error_message = "The latency must be compared with 80 % of the function's time limit."
  }
}

run "replication_has_an_alarm_for_each_region_that_receives" {
  command = plan

  variables {
    regions     = ["us-east-1", "eu-west-1", "ap-southeast-2"]
    replication = "global"
  }

  assert {
    condition = jsonencode({
      for key, alarm in aws_cloudwatch_metric_alarm.metric : key => [alarm.namespace, alarm.metric_name, alarm.dimensions, alarm.statistic]
      if startswith(key, "table-lag-")
      }) == jsonencode({
      table-lag-ap-southeast-2 = ["AWS/DynamoDB", "ReplicationLatency", { ReceivingRegion = "ap-southeast-2", TableName = "greeter-dev-greetings" }, "Average"]
      table-lag-eu-west-1      = ["AWS/DynamoDB", "ReplicationLatency", { ReceivingRegion = "eu-west-1", TableName = "greeter-dev-greetings" }, "Average"]
    })
    error_message = "Each other region must have an alarm on how late items arrive there."
  }

  assert {
    condition = [for alarm in [aws_cloudwatch_metric_alarm.metric["table-lag-eu-west-1"]] : [alarm.threshold, alarm.datapoints_to_alarm, alarm.evaluation_periods]] == [[10000, 3, 5]] && (
      aws_cloudwatch_metric_alarm.metric["table-lag-eu-west-1"].treat_missing_data == "notBreaching"
    )
    error_message = "More than 10 seconds in 3 of 5 minutes must be an alarm, and no writes must be none."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_composite_alarm.region.alarm_rule, "ALARM(\"greeter-dev-table-lag-eu-west-1\")")
    error_message = "The alarm of the region must follow these too."
  }

  assert {
    condition = [
      for widget in slice(jsondecode(aws_cloudwatch_dashboard.environment["greeter-dev-alarms"].dashboard_body).widgets, 0, 2) :
      [for arn in widget.properties.alarms : element(split(":", arn), 6) if strcontains(arn, "-lag-")]
      ] == [
      ["greeter-dev-table-lag-ap-southeast-2", "greeter-dev-table-lag-eu-west-1"],
      ["greeter-dev-table-lag-ap-southeast-2", "greeter-dev-table-lag-us-east-1"],
    ]
    error_message = "The dashboard must show the alarms that each region has."
  }
}

run "tables_that_are_not_one_have_no_such_alarm" {
  command = plan

  variables {
    replication = "none"
  }

  assert {
    condition     = !strcontains(join(" ", keys(aws_cloudwatch_metric_alarm.metric)), "-lag-") && !strcontains(aws_cloudwatch_dashboard.environment["greeter-dev-alarms"].dashboard_body, "-lag-")
    error_message = "Without replication no item arrives anywhere."
  }
}

run "requests_that_must_come_have_an_alarm_that_no_data_triggers" {
  command = plan

  variables {
    watch = { expects_traffic = true }
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.no_requests["always"].treat_missing_data == "breaching"
      && aws_cloudwatch_metric_alarm.no_requests["always"].comparison_operator == "LessThanThreshold"
      && aws_cloudwatch_metric_alarm.no_requests["always"].threshold == 1
      && aws_cloudwatch_metric_alarm.no_requests["always"].namespace == "AWS/ApiGateway"
      && aws_cloudwatch_metric_alarm.no_requests["always"].metric_name == "Count"
      && aws_cloudwatch_metric_alarm.no_requests["always"].statistic == "Sum"
      && aws_cloudwatch_metric_alarm.no_requests["always"].period == 60
      && aws_cloudwatch_metric_alarm.no_requests["always"].datapoints_to_alarm == 5
      && aws_cloudwatch_metric_alarm.no_requests["always"].evaluation_periods == 5
      && aws_cloudwatch_metric_alarm.no_requests["always"].dimensions == tomap({ ApiId = "q1w2e3r4t5" })
    )
    error_message = "Five minutes without a request, or without data, must be an alarm."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_composite_alarm.region.alarm_rule, "ALARM(\"greeter-dev-no-requests\")")
    error_message = "The alarm of the region must follow this one too."
  }
}

run "names_bring_health_checks_that_must_call" {
  command = plan

  variables {
    routed = true
  }

  assert {
    condition     = [for alarm in aws_cloudwatch_metric_alarm.no_requests : alarm.alarm_name] == ["greeter-dev-no-requests"]
    error_message = "With names, no request must be an alarm, although the inventory does not ask for it."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_composite_alarm.region.alarm_rule, "ALARM(\"greeter-dev-no-requests\")")
    error_message = "The alarm of the region must follow this one too."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_dashboard.environment["greeter-dev-alarms"].dashboard_body, "greeter-dev-no-requests")
    error_message = "The dashboard must show it."
  }
}
