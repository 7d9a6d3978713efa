locals {
  # The access log of compute. The API's own metric 4xx also counts what clients get wrong.
  access_log = "/aws/vendedlogs/${var.name}-api"

  filters = {
    refused = {
      metric  = "RefusedTokens"
      pattern = "{ ($.status = \"401\") || ($.status = \"403\") }"
    }
    throttled = {
      metric  = "ThrottledRequests"
      pattern = "{ $.status = \"429\" }"
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "access" {
  for_each = local.filters

  name           = "${var.name}-${each.key}"
  log_group_name = local.access_log
  pattern        = each.value.pattern

  metric_transformation {
    namespace = var.name
    name      = each.value.metric
    value     = "1"
    unit      = "Count"
  }
}
