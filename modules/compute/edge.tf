locals {
  edge_only = var.edge && !var.api.accept_direct

  # Empty: the function asks for nothing.
  asked_secret = local.edge_only ? aws_secretsmanager_secret.edge[0].arn : ""
}

# Without a value: an operator stores it, so that no plan and no state ever holds it.
resource "aws_secretsmanager_secret" "edge" {
  count = var.edge ? 1 : 0

  name        = "${var.name}-edge"
  description = "What the edge sends with every call, so that ${local.function_name} refuses those that pass by it."
  kms_key_id  = var.kms_key_arn
  # It protects nothing once the edge is gone, and its name has to be free for the next one.
  recovery_window_in_days = 0
}
