mock_provider "aws" {}

variables {
  name = "greeter-dev"
}

run "refuses_name_with_capital_letters" {
  command = plan

  variables {
    name = "Greeter-dev"
  }

  expect_failures = [var.name]
}

run "refuses_name_that_ends_with_a_dash" {
  command = plan

  variables {
    name = "greeter-"
  }

  expect_failures = [var.name]
}

run "refuses_name_of_32_characters" {
  command = plan

  variables {
    name = "a2345678901234567890123456789012"
  }

  expect_failures = [var.name]
}

run "accepts_name_of_31_characters" {
  command = plan

  variables {
    name = "a234567890123456789012345678901"
  }

  assert {
    condition     = aws_cognito_user_pool.users.name == "a234567890123456789012345678901-users"
    error_message = "The pool's name must begin with the name given."
  }
}

run "refuses_tokens_with_access_of_four_minutes" {
  command = plan

  variables {
    tokens = { access_minutes = 4 }
  }

  expect_failures = [var.tokens]
}

run "refuses_tokens_with_access_of_more_than_an_hour" {
  command = plan

  variables {
    tokens = { access_minutes = 61, refresh_hours = 48 }
  }

  expect_failures = [var.tokens]
}

run "accepts_tokens_with_access_of_five_minutes" {
  command = plan

  variables {
    tokens = { access_minutes = 5 }
  }

  assert {
    condition     = aws_cognito_user_pool_client.app.access_token_validity == 5
    error_message = "The access token must live as long as the setting says."
  }
}

run "refuses_tokens_with_id_of_more_than_an_hour" {
  command = plan

  variables {
    tokens = { id_minutes = 61, refresh_hours = 48 }
  }

  expect_failures = [var.tokens]
}

run "accepts_tokens_with_id_of_an_hour" {
  command = plan

  variables {
    tokens = { id_minutes = 60, refresh_hours = 48 }
  }

  assert {
    condition     = aws_cognito_user_pool_client.app.id_token_validity == 60
    error_message = "The ID token must live as long as the setting says."
  }
}

run "refuses_tokens_with_refresh_of_half_hours" {
  command = plan

  variables {
    tokens = { refresh_hours = 12.5 }
  }

  expect_failures = [var.tokens]
}

run "accepts_tokens_with_refresh_of_thirty_days" {
  command = plan

  variables {
    tokens = { refresh_hours = 720 }
  }

  assert {
    condition     = aws_cognito_user_pool_client.app.refresh_token_validity == 720
    error_message = "The refresh token must live as long as the setting says."
  }
}

run "refuses_tokens_with_refresh_that_ends_before_access" {
  command = plan

  variables {
    tokens = { access_minutes = 60, refresh_hours = 1 }
  }

  expect_failures = [var.tokens]
}

run "accepts_tokens_with_refresh_that_outlives_access" {
  command = plan

  variables {
    tokens = { access_minutes = 60, refresh_hours = 2 }
  }

  assert {
    condition     = aws_cognito_user_pool_client.app.refresh_token_validity == 2
    error_message = "The refresh token must live as long as the setting says."
  }
}

run "refuses_email_from_no_address" {
  command = plan

  variables {
    email = { from = "Example", ses_identity_arn = "arn:aws:ses:us-east-1:123456789012:identity/example.com" }
  }

  expect_failures = [var.email]
}

run "refuses_email_by_something_else_than_ses" {
  command = plan

  variables {
    email = { from = "no-reply@example.com", ses_identity_arn = "arn:aws:sns:us-east-1:123456789012:example" }
  }

  expect_failures = [var.email]
}

run "refuses_email_without_an_identity" {
  command = plan

  variables {
    email = { from = "no-reply@example.com" }
  }

  expect_failures = [var.email]
}

run "accepts_email_with_a_name_before_the_address" {
  command = plan

  variables {
    email = {
      from             = "Example <no-reply@example.com>"
      ses_identity_arn = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
    }
  }

  assert {
    condition     = aws_cognito_user_pool.users.email_configuration[0].from_email_address == "Example <no-reply@example.com>"
    error_message = "The mails must come from the sender of the setting."
  }
}

run "accepts_email_by_an_address_that_is_an_identity" {
  command = plan

  variables {
    email = { from = "a.b@mail.example.com", ses_identity_arn = "arn:aws:ses:eu-west-1:123456789012:identity/a.b@mail.example.com" }
  }

  assert {
    condition     = endswith(aws_cognito_user_pool.users.email_configuration[0].source_arn, "/a.b@mail.example.com")
    error_message = "An address must be good for an identity."
  }
}

run "accepts_email_that_is_empty" {
  command = plan

  variables {
    email = {}
  }

  assert {
    condition     = length(aws_cognito_user_pool.users.email_configuration) == 0
    error_message = "Without a sender the pool must have none of its own."
  }
}

run "refuses_issuer_that_cognito_does_not_have" {
  command = plan

  variables {
    issuer = "updated"
  }

  expect_failures = [var.issuer]
}
