mock_provider "aws" {
  mock_resource "aws_cognito_user_pool" {
    defaults = {
      arn      = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a1B2c3D4e"
      endpoint = "cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
      id       = "us-east-1_a1B2c3D4e"
    }
  }

  mock_resource "aws_cognito_user_pool_client" {
    defaults = {
      id = "1h57kf5cpq17m0eml12example"
    }
  }
}

variables {
  name = "greeter-dev"
}

run "every_output_has_the_promised_shape" {
  assert {
    condition     = output.client_id == "1h57kf5cpq17m0eml12example"
    error_message = "client_id must be the app client's id."
  }

  assert {
    condition     = output.issuer == "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
    error_message = "issuer must be the https URL that stands in every token."
  }

  assert {
    condition     = output.user_pool_arn == "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a1B2c3D4e"
    error_message = "user_pool_arn must be the pool's ARN."
  }

  assert {
    condition     = output.user_pool_id == "us-east-1_a1B2c3D4e"
    error_message = "user_pool_id must be the pool's id."
  }
}

run "accepts_issuer_that_several_regions_serve" {
  variables {
    issuer = "UPDATED"
  }

  assert {
    condition     = output.issuer == "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
    error_message = "issuer must be the address that stands in the tokens of a pool with an updated issuer."
  }
}
