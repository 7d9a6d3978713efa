mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_resource "aws_apigatewayv2_api" {
    defaults = {
      api_endpoint = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
      id           = "a1b2c3d4e5"
    }
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

run "every_output_has_the_promised_shape" {
  assert {
    condition     = output.api_id == "a1b2c3d4e5"
    error_message = "api_id must be the API's id."
  }

  assert {
    condition     = output.api_url == "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
    error_message = "api_url must be the https URL without a closing slash."
  }

  assert {
    condition     = output.function_name == "greeter-dev-greet"
    error_message = "function_name must be the function's name."
  }
}

run "a_plan_accepts_the_mocks_of_identity_and_data" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/meridianmock"
    topic_arn   = "arn:aws:sns:us-east-1:123456789012:meridianmock-verification"

    jwt = {
      issuer   = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_meridianmock"
      audience = ["meridianmock"]
    }

    table = {
      name = "meridianmock-greetings"
      arn  = "arn:aws:dynamodb:us-east-1:123456789012:table/meridianmock-greetings"
    }
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].audience == toset(["meridianmock"])
    error_message = "A unit must be plannable before the units that it needs exist."
  }
}

run "accepts_jwt_of_a_pool_in_china" {
  command = plan

  variables {
    jwt = {
      issuer   = "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a1B2c3D4e"
      audience = ["client"]
    }
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].issuer == "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a1B2c3D4e"
    error_message = "The issuer must be the one given."
  }
}

run "accepts_jwt_of_a_pool_in_the_european_sovereign_cloud" {
  command = plan

  variables {
    jwt = {
      issuer   = "https://cognito-idp.eusc-de-east-1.amazonaws.eu/eusc-de-east-1_a1B2c3D4e"
      audience = ["client"]
    }
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].issuer == "https://cognito-idp.eusc-de-east-1.amazonaws.eu/eusc-de-east-1_a1B2c3D4e"
    error_message = "The issuer must be the one given."
  }
}
