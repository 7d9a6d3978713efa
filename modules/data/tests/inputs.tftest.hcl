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

  mock_data "aws_service_principal" {
    defaults = { id = "logs.us-east-1.amazonaws.com" }
  }

  # The provider checks these where they are used, before anything is planned.
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:greeter-dev-verification" }
  }
}

variables {
  name = "greeter-dev"
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
    condition     = aws_dynamodb_table.greetings[0].name == "gr8-greetings"
    error_message = "The table's name must begin with the name given."
  }
}

run "refuses_subscribers_named_with_a_space" {
  command = plan

  variables {
    subscribers = {
      "Audit queue" = { protocol = "sqs", endpoint = "arn:aws:sqs:us-east-1:123456789012:audit" }
    }
  }

  expect_failures = [var.subscribers]
}

run "accepts_subscribers_named_with_dashes" {
  command = plan

  variables {
    subscribers = {
      "audit-queue" = { protocol = "sqs", endpoint = "arn:aws:sqs:us-east-1:123456789012:audit" }
    }
  }

  assert {
    condition     = keys(aws_sns_topic_subscription.subscriber) == ["audit-queue"]
    error_message = "A subscriber must be known by its name."
  }
}

run "refuses_subscribers_over_plain_http" {
  command = plan

  variables {
    subscribers = {
      audit = { protocol = "http", endpoint = "http://audit.example.com" }
    }
  }

  expect_failures = [var.subscribers]
}

run "accepts_subscribers_over_https" {
  command = plan

  variables {
    subscribers = {
      audit = { protocol = "https", endpoint = "https://audit.example.com/verification" }
    }
  }

  assert {
    condition     = aws_sns_topic_subscription.subscriber["audit"].protocol == "https"
    error_message = "The protocol must be the one asked for."
  }
}

run "refuses_subscribers_with_sqs_and_another_kind_of_endpoint" {
  command = plan

  variables {
    subscribers = {
      audit = { protocol = "sqs", endpoint = "https://sqs.us-east-1.amazonaws.com/123456789012/audit" }
    }
  }

  expect_failures = [var.subscribers]
}

run "refuses_subscribers_with_https_and_another_kind_of_endpoint" {
  command = plan

  variables {
    subscribers = {
      audit = { protocol = "https", endpoint = "http://audit.example.com" }
    }
  }

  expect_failures = [var.subscribers]
}

run "refuses_subscribers_with_lambda_and_another_kind_of_endpoint" {
  command = plan

  variables {
    subscribers = {
      audit = { protocol = "lambda", endpoint = "arn:aws:sqs:us-east-1:123456789012:audit" }
    }
  }

  expect_failures = [var.subscribers]
}

run "refuses_subscribers_with_email_and_another_kind_of_endpoint" {
  command = plan

  variables {
    subscribers = {
      audit = { protocol = "email", endpoint = "auditor" }
    }
  }

  expect_failures = [var.subscribers]
}

run "accepts_subscribers_with_sqs_and_its_endpoint" {
  command = plan

  variables {
    subscribers = {
      audit = { protocol = "sqs", endpoint = "arn:aws:sqs:us-east-1:123456789012:audit" }
    }
  }

  assert {
    condition     = aws_sns_topic_subscription.subscriber["audit"].endpoint == "arn:aws:sqs:us-east-1:123456789012:audit"
    error_message = "The endpoint must be the one asked for."
  }
}

run "accepts_subscribers_with_lambda_and_its_endpoint" {
  command = plan

  variables {
    subscribers = {
      audit = { protocol = "lambda", endpoint = "arn:aws:lambda:us-east-1:123456789012:function:audit:live" }
    }
  }

  assert {
    condition     = aws_sns_topic_subscription.subscriber["audit"].endpoint == "arn:aws:lambda:us-east-1:123456789012:function:audit:live"
    error_message = "The endpoint must be the one asked for."
  }
}

run "accepts_subscribers_with_email_and_its_endpoint" {
  command = plan

  variables {
    subscribers = {
      audit = { protocol = "email", endpoint = "auditor@example.com" }
    }
  }

  assert {
    condition     = aws_sns_topic_subscription.subscriber["audit"].endpoint == "auditor@example.com"
    error_message = "The endpoint must be the one asked for."
  }
}

run "refuses_replication_that_is_neither_none_nor_global" {
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
    condition     = aws_dynamodb_table.greetings[0].stream_enabled
    error_message = "A global table must stream."
  }
}

run "refuses_global_table_arn_that_is_a_name" {
  command = plan

  variables {
    global_table_arn = "greeter-dev-greetings"
    replication      = "global"
  }

  expect_failures = [var.global_table_arn]
}

run "refuses_global_table_arn_without_replication" {
  command = plan

  variables {
    global_table_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/greeter-dev-greetings"
  }

  expect_failures = [var.global_table_arn]
}

run "accepts_global_table_arn_of_the_primary_region" {
  command = plan

  variables {
    global_table_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/greeter-dev-greetings"
    replication      = "global"
  }

  assert {
    condition     = length(aws_dynamodb_table_replica.greetings) == 1
    error_message = "The region must have a replica."
  }
}

run "accepts_global_table_arn_of_a_table_that_does_not_exist_yet" {
  command = plan

  variables {
    global_table_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/meridianmock-greetings"
    replication      = "global"
  }

  assert {
    condition     = aws_dynamodb_table_replica.greetings[0].global_table_arn == "arn:aws:dynamodb:us-east-1:123456789012:table/meridianmock-greetings"
    error_message = "A plan must run before the table exists."
  }
}
