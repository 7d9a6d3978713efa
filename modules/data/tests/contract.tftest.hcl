mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/greeter-dev-greetings" }
  }

  mock_resource "aws_dynamodb_table_replica" {
    defaults = { arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/greeter-dev-greetings" }
  }

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

run "every_output_has_the_promised_shape" {
  assert {
    condition     = output.kms_key_arn == "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    error_message = "kms_key_arn must be the ARN of the key."
  }

  assert {
    condition     = output.replication == "none"
    error_message = "replication must be what was asked for."
  }

  assert {
    condition     = output.table_arn == "arn:aws:dynamodb:us-east-1:123456789012:table/greeter-dev-greetings"
    error_message = "table_arn must be the ARN of the table."
  }

  assert {
    condition     = output.table_name == "greeter-dev-greetings"
    error_message = "table_name must be the name at the end of table_arn."
  }

  assert {
    condition     = output.topic_arn == "arn:aws:sns:us-east-1:123456789012:greeter-dev-verification"
    error_message = "topic_arn must be the ARN of the topic."
  }
}

run "a_replica_is_known_by_its_own_arn" {
  variables {
    global_table_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/meridianmock-greetings"
    replication      = "global"
  }

  assert {
    condition     = output.replication == "global"
    error_message = "replication must be what was asked for."
  }

  assert {
    condition     = output.table_arn == "arn:aws:dynamodb:eu-west-1:123456789012:table/greeter-dev-greetings"
    error_message = "table_arn must be the replica's, not that of the table in the primary region."
  }

  assert {
    condition     = output.table_name == "greeter-dev-greetings"
    error_message = "table_name must be the same in every region."
  }
}
