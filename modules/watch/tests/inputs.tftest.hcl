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

variables {
  name           = "greeter-dev"
  api_id         = "q1w2e3r4t5"
  function_name  = "greeter-dev-greet"
  primary_region = "us-east-1"
  regions        = ["us-east-1", "eu-west-1"]
  table_name     = "greeter-dev-greetings"
  topic_arn      = "arn:aws:sns:us-east-1:123456789012:greeter-dev-verification"
}

run "refuses_api_id_with_a_path" {
  command = plan

  variables {
    api_id = "q1w2e3r4t5/stages"
  }

  expect_failures = [var.api_id]
}

run "accepts_api_id_of_letters_and_digits" {
  command = plan

  variables {
    api_id = "0z9y8x7w"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["api-latency"].dimensions == tomap({ ApiId = "0z9y8x7w" })
    error_message = "The API must be the one given."
  }
}

run "refuses_function_with_too_little_memory" {
  command = plan

  variables {
    function = { memory_mb = 64 }
  }

  expect_failures = [var.function]
}

run "accepts_function_with_little_memory" {
  command = plan

  variables {
    function = { memory_mb = 128 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["api-latency"].threshold == 4000
    error_message = "Memory must change no alarm."
  }
}

run "refuses_function_with_too_much_time" {
  command = plan

  variables {
    function = { timeout_seconds = 30 }
  }

  expect_failures = [var.function]
}

run "accepts_function_with_much_time" {
  command = plan

  variables {
    function = { timeout_seconds = 29 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["api-latency"].threshold == 23200
    error_message = "The latency must be compared with 80 % of the time limit."
  }
}

run "refuses_function_on_an_unknown_processor" {
  command = plan

  variables {
    function = { architecture = "mips" }
  }

  expect_failures = [var.function]
}

run "accepts_function_on_x86" {
  command = plan

  variables {
    function = { architecture = "x86_64" }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["api-latency"].threshold == 4000
    error_message = "The processor must change no alarm."
  }
}

run "refuses_function_with_half_an_execution" {
  command = plan

  variables {
    function = { reserved_concurrency = 0.5 }
  }

  expect_failures = [var.function]
}

run "accepts_function_with_one_execution" {
  command = plan

  variables {
    function = { reserved_concurrency = 1 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["function-concurrency"].threshold == 0.8
    error_message = "The threshold must be 80 % of the reserved concurrency."
  }
}

run "refuses_function_name_that_is_an_arn" {
  command = plan

  variables {
    function_name = "arn:aws:lambda:us-east-1:123456789012:function:greeter-dev-greet"
  }

  expect_failures = [var.function_name]
}

run "accepts_function_name_with_an_underscore" {
  command = plan

  variables {
    function_name = "greet_er"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["function-errors"].dimensions == tomap({ FunctionName = "greet_er" })
    error_message = "The function must be the one given."
  }
}

run "refuses_name_that_starts_with_a_digit" {
  command = plan

  variables {
    name = "1greeter"
  }

  expect_failures = [var.name]
}

run "accepts_name_of_three_characters" {
  command = plan

  variables {
    name = "gr8"
  }

  assert {
    condition     = aws_sns_topic.ops.name == "gr8-ops"
    error_message = "The topic's name must begin with the name given."
  }
}

run "refuses_primary_region_that_is_a_zone" {
  command = plan

  variables {
    primary_region = "us-east-1a"
  }

  expect_failures = [var.primary_region]
}

run "accepts_primary_region_of_the_government" {
  command = plan

  variables {
    primary_region = "us-gov-west-1"
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.environment) == 0
    error_message = "Another region must have no dashboard."
  }
}

run "refuses_regions_that_are_none" {
  command = plan

  variables {
    regions = []
  }

  expect_failures = [var.regions]
}

run "accepts_regions_that_are_one" {
  command = plan

  variables {
    regions = ["us-east-1"]
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_dashboard.environment["greeter-dev-alarms"].dashboard_body).widgets[0].width == 24
    error_message = "One region must have the whole line."
  }
}

run "refuses_regions_with_a_zone" {
  command = plan

  variables {
    regions = ["us-east-1a"]
  }

  expect_failures = [var.regions]
}

run "accepts_regions_of_several_partitions" {
  command = plan

  variables {
    regions = ["eusc-de-east-1", "cn-north-1"]
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_dashboard.environment["greeter-dev-alarms"].dashboard_body).widgets[1].properties.title == "cn-north-1"
    error_message = "The regions must be the ones given."
  }
}

run "refuses_table_name_of_two_characters" {
  command = plan

  variables {
    table_name = "ab"
  }

  expect_failures = [var.table_name]
}

run "accepts_table_name_with_a_dot" {
  command = plan

  variables {
    table_name = "greetings.v2"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["table-writes-throttled"].dimensions == tomap({ TableName = "greetings.v2" })
    error_message = "The table must be the one given."
  }
}

run "refuses_topic_arn_that_is_a_name" {
  command = plan

  variables {
    topic_arn = "greeter-dev-verification"
  }

  expect_failures = [var.topic_arn]
}

run "accepts_topic_arn_of_another_partition" {
  command = plan

  variables {
    topic_arn = "arn:aws-cn:sns:cn-north-1:123456789012:greetings"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["messages-failed"].dimensions == tomap({ TopicName = "greetings" })
    error_message = "The topic must be the one given."
  }
}

run "refuses_watch_with_a_subscriber_named_with_a_space" {
  command = plan

  variables {
    watch = {
      subscribers = { "On call" = { protocol = "sqs", endpoint = "arn:aws:sqs:us-east-1:123456789012:on-call" } }
    }
  }

  expect_failures = [var.watch]
}

run "accepts_watch_with_a_subscriber_named_with_a_dash" {
  command = plan

  variables {
    watch = {
      subscribers = { "on-call" = { protocol = "sqs", endpoint = "arn:aws:sqs:us-east-1:123456789012:on-call" } }
    }
  }

  assert {
    condition     = keys(aws_sns_topic_subscription.subscriber) == ["on-call"]
    error_message = "A subscriber must be known by its name."
  }
}

run "refuses_watch_with_a_subscriber_over_plain_http" {
  command = plan

  variables {
    watch = {
      subscribers = { pager = { protocol = "http", endpoint = "http://pager.example.com" } }
    }
  }

  expect_failures = [var.watch]
}

run "accepts_watch_with_a_subscriber_over_https" {
  command = plan

  variables {
    watch = {
      subscribers = { pager = { protocol = "https", endpoint = "https://pager.example.com/alarms" } }
    }
  }

  assert {
    condition     = aws_sns_topic_subscription.subscriber["pager"].protocol == "https"
    error_message = "The protocol must be the one asked for."
  }
}

run "refuses_watch_with_sqs_and_another_kind_of_endpoint" {
  command = plan

  variables {
    watch = {
      subscribers = { queue = { protocol = "sqs", endpoint = "on-call" } }
    }
  }

  expect_failures = [var.watch]
}

run "refuses_watch_with_https_and_another_kind_of_endpoint" {
  command = plan

  variables {
    watch = {
      subscribers = { pager = { protocol = "https", endpoint = "http://pager.example.com" } }
    }
  }

  expect_failures = [var.watch]
}

run "refuses_watch_with_lambda_and_another_kind_of_endpoint" {
  command = plan

  variables {
    watch = {
      subscribers = { pager = { protocol = "lambda", endpoint = "arn:aws:sqs:us-east-1:123456789012:on-call" } }
    }
  }

  expect_failures = [var.watch]
}

run "refuses_watch_with_email_and_another_kind_of_endpoint" {
  command = plan

  variables {
    watch = {
      subscribers = { person = { protocol = "email", endpoint = "person" } }
    }
  }

  expect_failures = [var.watch]
}

run "accepts_watch_with_email_and_its_endpoint" {
  command = plan

  variables {
    watch = {
      subscribers = { person = { protocol = "email", endpoint = "on-call@example.com" } }
    }
  }

  assert {
    condition     = aws_sns_topic_subscription.subscriber["person"].endpoint == "on-call@example.com"
    error_message = "The endpoint must be the one asked for."
  }
}

run "accepts_watch_with_lambda_and_its_endpoint" {
  command = plan

  variables {
    watch = {
      subscribers = { pager = { protocol = "lambda", endpoint = "arn:aws:lambda:us-east-1:123456789012:function:pager:live" } }
    }
  }

  assert {
    condition     = aws_sns_topic_subscription.subscriber["pager"].protocol == "lambda"
    error_message = "The protocol must be the one asked for."
  }
}

run "refuses_watch_with_half_a_refused_token" {
  command = plan

  variables {
    watch = { refused_per_minute = 0.5 }
  }

  expect_failures = [var.watch]
}

run "refuses_watch_with_no_refused_token" {
  command = plan

  variables {
    watch = { refused_per_minute = 0 }
  }

  expect_failures = [var.watch]
}

run "refuses_replication_of_another_kind" {
  command = plan

  variables {
    replication = "strong"
  }

  expect_failures = [var.replication]
}

run "accepts_replication_global" {
  command = plan

  variables {
    replication = "global"
  }

  assert {
    condition     = contains(keys(aws_cloudwatch_metric_alarm.metric), "table-lag-eu-west-1")
    error_message = "The other region must have its alarm."
  }
}

run "refuses_watch_with_too_many_refused_tokens" {
  command = plan

  variables {
    watch = { refused_per_minute = 600001 }
  }

  expect_failures = [var.watch]
}

run "accepts_watch_with_one_refused_token" {
  command = plan

  variables {
    watch = { refused_per_minute = 1 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["refused-tokens"].threshold == 1
    error_message = "The threshold must be the one asked for."
  }
}

run "refuses_watch_with_a_budget_of_nothing" {
  command = plan

  variables {
    watch = { budget_usd = 0 }
  }

  expect_failures = [var.watch]
}

run "refuses_watch_with_a_budget_beyond_a_million" {
  command = plan

  variables {
    watch = { budget_usd = 1000001 }
  }

  expect_failures = [var.watch]
}

run "accepts_watch_with_a_budget" {
  command = plan

  variables {
    watch = { budget_usd = 20 }
  }

  assert {
    condition     = aws_budgets_budget.month["greeter-dev-month"].limit_amount == "20.0"
    error_message = "The budget must be the one asked for."
  }

  assert {
    condition     = output.budget_name == "greeter-dev-month"
    error_message = "The output must name the budget."
  }
}
