mock_provider "aws" {}

# The smallest call: the README shows the same one.
variables {
  name = "greeter-dev"

  domain = {
    name = "api.example.com"
  }
}

run "the_zone_is_public_and_has_the_name" {
  command = plan

  assert {
    condition     = aws_route53_zone.domain.name == "api.example.com" && length(aws_route53_zone.domain.vpc) == 0
    error_message = "The zone must be a public one of the shared name."
  }

  assert {
    condition     = aws_route53_zone.domain.comment == "Where the regions of greeter-dev are."
    error_message = "The zone must say whose it is."
  }
}

run "records_that_others_made_are_not_deleted_with_the_zone" {
  command = plan

  assert {
    condition     = aws_route53_zone.domain.force_destroy == null
    error_message = "A zone that still has records must stay."
  }
}

run "refuses_to_make_a_second_zone" {
  command = plan

  variables {
    domain = {
      name    = "api.example.com"
      zone_id = "Z0123456789ABCDEFGHIJ"
    }
  }

  expect_failures = [aws_route53_zone.domain]
}
