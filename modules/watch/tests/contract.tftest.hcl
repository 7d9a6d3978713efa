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

run "every_output_has_the_promised_shape" {
  assert {
    condition     = output.alarm_name == "greeter-dev-region"
    error_message = "alarm_name must be the name of the region's alarm."
  }

  assert {
    condition     = output.budget_name == ""
    error_message = "budget_name must be empty without a budget."
  }

  assert {
    condition     = output.suppressor == { namespace = "greeter-dev/watch", metric_name = "Applying", dimensions = { Region = "us-east-1" } }
    error_message = "suppressor must name the metric that holds messages back."
  }

  assert {
    condition     = output.topic_arn == "arn:aws:sns:us-east-1:123456789012:greeter-dev-ops"
    error_message = "topic_arn must be the ARN of the topic."
  }
}

run "a_plan_accepts_the_mocks_of_compute_and_data" {
  command = plan

  variables {
    api_id        = "meridianmock"
    function_name = "meridianmock-greet"
    table_name    = "meridianmock-greetings"
    topic_arn     = "arn:aws:sns:us-east-1:123456789012:meridianmock-verification"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["messages-failed"].dimensions == tomap({ TopicName = "meridianmock-verification" })
    error_message = "A unit must be plannable before the units that it needs exist."
  }
}
