mock_provider "aws" {}

variables {
  name = "greeter-dev"

  domain = {
    name = "api.example.com"
  }
}

run "refuses_domain_with_a_scheme" {
  command = plan

  variables {
    domain = {
      name = "https://api.example.com"
    }
  }

  expect_failures = [var.domain]
}

run "refuses_domain_of_65_characters" {
  command = plan

  variables {
    domain = {
      name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com"
    }
  }

  expect_failures = [var.domain]
}

run "accepts_domain_of_64_characters" {
  command = plan

  variables {
    domain = {
      name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com"
    }
  }

  assert {
    condition     = aws_route53_zone.domain.name == "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com"
    error_message = "The name must be the one given."
  }
}

run "refuses_domain_zone_id_with_a_path" {
  command = plan

  variables {
    domain = {
      name    = "api.example.com"
      zone_id = "/hostedzone/Z0123456789ABCDEFGHIJ"
    }
  }

  expect_failures = [var.domain]
}

run "accepts_domain_zone_id_that_is_left_out" {
  command = plan

  variables {
    domain = {
      name    = "api.example.com"
      zone_id = null
    }
  }

  assert {
    condition     = aws_route53_zone.domain.name == "api.example.com"
    error_message = "The zone must be made."
  }
}

run "refuses_domain_checked_every_20_seconds" {
  command = plan

  variables {
    domain = {
      name         = "api.example.com"
      health_check = { interval_seconds = 20 }
    }
  }

  expect_failures = [var.domain]
}

run "accepts_domain_checked_every_10_seconds" {
  command = plan

  variables {
    domain = {
      name         = "api.example.com"
      health_check = { interval_seconds = 10 }
    }
  }

  assert {
    condition     = aws_route53_zone.domain.name == "api.example.com"
    error_message = "Health checks must change nothing here."
  }
}

run "refuses_domain_with_half_a_failure" {
  command = plan

  variables {
    domain = {
      name         = "api.example.com"
      health_check = { failures = 2.5 }
    }
  }

  expect_failures = [var.domain]
}

run "refuses_domain_with_no_failure" {
  command = plan

  variables {
    domain = {
      name         = "api.example.com"
      health_check = { failures = 0 }
    }
  }

  expect_failures = [var.domain]
}

run "refuses_domain_with_eleven_failures" {
  command = plan

  variables {
    domain = {
      name         = "api.example.com"
      health_check = { failures = 11 }
    }
  }

  expect_failures = [var.domain]
}

run "accepts_domain_with_one_failure" {
  command = plan

  variables {
    domain = {
      name         = "api.example.com"
      health_check = { failures = 1 }
    }
  }

  assert {
    condition     = aws_route53_zone.domain.name == "api.example.com"
    error_message = "Health checks must change nothing here."
  }
}

run "refuses_name_with_an_underscore" {
  command = plan

  variables {
    name = "greeter_dev"
  }

  expect_failures = [var.name]
}

run "accepts_name_of_three_characters" {
  command = plan

  variables {
    name = "gr8"
  }

  assert {
    condition     = aws_route53_zone.domain.comment == "Where the regions of gr8 are."
    error_message = "The comment must name the environment."
  }
}
