locals {
  domain_name = var.edge.name == null ? "edge.${var.origin}" : var.edge.name

  # A log of a firewall must have this beginning.
  logs = { for key in ["edge", "users"] : key => "aws-waf-logs-${var.name}-${key}" }
}
