mock_provider "aws" {
  mock_resource "aws_route53_zone" {
    defaults = {
      name_servers = ["ns-1.awsdns-00.com", "ns-2.awsdns-01.net"]
      zone_id      = "Z0123456789ABCDEFGHIJ"
    }
  }
}

variables {
  name = "greeter-dev"

  domain = {
    name = "api.example.com"
  }
}

run "every_output_has_the_promised_shape" {
  assert {
    condition     = output.zone_id == "Z0123456789ABCDEFGHIJ"
    error_message = "zone_id must be the id of the zone, without a path."
  }

  assert {
    condition     = output.name_servers == tolist(["ns-1.awsdns-00.com", "ns-2.awsdns-01.net"])
    error_message = "name_servers must be those of the zone."
  }
}
