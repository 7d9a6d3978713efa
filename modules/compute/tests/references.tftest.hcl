mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_resource "aws_apigatewayv2_stage" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/$default" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:mocked" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/greeter-dev-greet-eu-west-1" }
  }

  mock_resource "aws_lambda_alias" {
    defaults = { invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:greeter-dev-greet:live/invocations" }
  }
}

variables {
  name        = "greeter-dev"
  repository  = "https://github.com/example-org/meridian.git"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  topic_arn   = "arn:aws:sns:eu-west-1:123456789012:greeter-dev-verification"

  jwt = {
    issuer   = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
    audience = ["1h57kf5cpq17m0eml12example"]
  }

  table = {
    name = "greeter-dev-greetings"
    arn  = "arn:aws:dynamodb:eu-west-1:123456789012:table/greeter-dev-greetings"
  }
}

run "refuses_jwt_of_an_issuer_over_plain_http" {
  command = plan

  variables {
    jwt = {
      issuer   = "http://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
      audience = ["client"]
    }
  }

  expect_failures = [var.jwt]
}

run "refuses_jwt_of_another_host_in_front_of_the_path" {
  command = plan

  variables {
    jwt = {
      issuer   = "https://cognito-idp.us-east-1.amazonaws.com.example.com/us-east-1_a1B2c3D4e"
      audience = ["client"]
    }
  }

  expect_failures = [var.jwt]
}

run "accepts_jwt_of_a_pool_in_another_region" {
  command = plan

  variables {
    jwt = {
      issuer   = "https://cognito-idp.ap-southeast-2.amazonaws.com/ap-southeast-2_a1B2c3D4e"
      audience = ["client"]
    }
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].issuer == "https://cognito-idp.ap-southeast-2.amazonaws.com/ap-southeast-2_a1B2c3D4e"
    error_message = "The issuer must be the one given."
  }
}

run "accepts_jwt_of_the_other_address_of_a_pool" {
  command = plan

  variables {
    jwt = {
      issuer   = "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
      audience = ["client"]
    }
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].issuer == "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
    error_message = "The issuer must be the one given."
  }
}

run "refuses_jwt_without_an_audience" {
  command = plan

  variables {
    jwt = {
      issuer   = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
      audience = []
    }
  }

  expect_failures = [var.jwt]
}

run "refuses_jwt_with_an_empty_audience" {
  command = plan

  variables {
    jwt = {
      issuer   = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
      audience = [""]
    }
  }

  expect_failures = [var.jwt]
}

run "accepts_jwt_for_two_clients" {
  command = plan

  variables {
    jwt = {
      issuer   = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
      audience = ["web", "mobile"]
    }
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].audience == toset(["mobile", "web"])
    error_message = "The audience must be the clients given."
  }
}

run "refuses_kms_key_arn_of_an_alias" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:alias/greeter-dev-data"
  }

  expect_failures = [var.kms_key_arn]
}

run "accepts_kms_key_arn_of_a_multi_region_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab"
  }

  assert {
    condition     = aws_lambda_function.greet.kms_key_arn == "arn:aws:kms:eu-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab"
    error_message = "The key must be the one given."
  }
}

run "refuses_repository_over_ssh" {
  command = plan

  variables {
    repository = "git@github.com:example-org/meridian.git"
  }

  expect_failures = [var.repository]
}

run "refuses_repository_with_a_password" {
  command = plan

  variables {
    repository = "https://user:password@github.com/example-org/meridian.git"
  }

  expect_failures = [var.repository]
}

run "accepts_repository_over_https" {
  command = plan

  variables {
    repository = "https://git.example.com:8443/platform/meridian"
  }

  assert {
    condition     = aws_lambda_function.greet.environment[0].variables.REPOSITORY_URL == "https://git.example.com:8443/platform/meridian"
    error_message = "The repository must be the one given."
  }
}

run "refuses_table_name_with_a_space" {
  command = plan

  variables {
    table = {
      name = "greeter dev"
      arn  = "arn:aws:dynamodb:eu-west-1:123456789012:table/greeter dev"
    }
  }

  expect_failures = [var.table]
}

run "accepts_table_name_with_dots" {
  command = plan

  variables {
    table = {
      name = "greeter.dev_greetings"
      arn  = "arn:aws:dynamodb:eu-west-1:123456789012:table/greeter.dev_greetings"
    }
  }

  assert {
    condition     = aws_lambda_function.greet.environment[0].variables.TABLE_NAME == "greeter.dev_greetings"
    error_message = "The table must be the one given."
  }
}

run "refuses_table_arn_of_no_account" {
  command = plan

  variables {
    table = {
      name = "greeter-dev-greetings"
      arn  = "arn:aws:dynamodb:eu-west-1::table/greeter-dev-greetings"
    }
  }

  expect_failures = [var.table]
}

run "accepts_table_arn_of_another_partition" {
  command = plan

  variables {
    table = {
      name = "greeter-dev-greetings"
      arn  = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/greeter-dev-greetings"
    }
  }

  assert {
    condition     = data.aws_iam_policy_document.function.statement[0].resources == toset(["arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/greeter-dev-greetings"])
    error_message = "The role must name the table given."
  }
}

run "refuses_table_name_and_arn_of_two_tables" {
  command = plan

  variables {
    table = {
      name = "greeter-dev-greetings"
      arn  = "arn:aws:dynamodb:eu-west-1:123456789012:table/greeter-prod-greetings"
    }
  }

  expect_failures = [var.table]
}

run "accepts_table_name_and_arn_of_one_table" {
  command = plan

  variables {
    table = {
      name = "another"
      arn  = "arn:aws:dynamodb:eu-west-1:123456789012:table/another"
    }
  }

  assert {
    condition     = aws_lambda_function.greet.environment[0].variables.TABLE_NAME == "another"
    error_message = "The table must be the one given."
  }
}

run "refuses_topic_arn_of_a_fifo_topic" {
  command = plan

  variables {
    topic_arn = "arn:aws:sns:eu-west-1:123456789012:greeter-dev-verification.fifo"
  }

  expect_failures = [var.topic_arn]
}

run "accepts_topic_arn_of_a_standard_topic" {
  command = plan

  variables {
    topic_arn = "arn:aws:sns:eu-west-1:123456789012:another"
  }

  assert {
    condition     = aws_lambda_function.greet.environment[0].variables.TOPIC_ARN == "arn:aws:sns:eu-west-1:123456789012:another"
    error_message = "The topic must be the one given."
  }
}
