mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }

  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }

  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/greeter-dev.part" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/greeter-dev.role" }
  }
}

variables {
  account_id   = "123456789012"
  environment  = "dev"
  name         = "greeter-dev"
  project      = "greeter"
  regions      = ["us-east-1", "eu-west-1"]
  state_bucket = "greeter-dev-state-123456789012"
  subject      = "example-org/meridian"
}

run "every_output_has_the_promised_shape" {
  assert {
    condition     = output.apply_role_arn == "arn:aws:iam::123456789012:role/greeter-dev.role"
    error_message = "apply_role_arn must be the ARN of the role."
  }

  assert {
    condition     = output.plan_role_arn == "arn:aws:iam::123456789012:role/greeter-dev.role"
    error_message = "plan_role_arn must be the ARN of the role."
  }

  assert {
    condition     = output.verify_role_arn == "arn:aws:iam::123456789012:role/greeter-dev.role"
    error_message = "verify_role_arn must be the ARN of the role."
  }
}
