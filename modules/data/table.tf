locals {
  joins      = var.global_table_arn != ""
  replicates = var.replication == "global"
  table_name = "${var.name}-greetings"
}

moved {
  from = aws_dynamodb_table.greetings
  to   = aws_dynamodb_table.greetings[0]
}

resource "aws_dynamodb_table" "greetings" {
  count = local.joins ? 0 : 1

  name                        = local.table_name
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = var.deletion_protection
  hash_key                    = "subject"
  range_key                   = "greeting_id"
  stream_enabled              = local.replicates
  stream_view_type            = local.replicates ? "NEW_AND_OLD_IMAGES" : null

  attribute {
    name = "subject"
    type = "S"
  }

  attribute {
    name = "greeting_id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.data.arn
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  # Each replica belongs to the unit of its region.
  lifecycle {
    ignore_changes = [replica]
  }
}

# Keys, items and their expiry come from the table that it joins.
resource "aws_dynamodb_table_replica" "greetings" {
  count = local.joins ? 1 : 0

  deletion_protection_enabled = var.deletion_protection
  global_table_arn            = var.global_table_arn
  kms_key_arn                 = aws_kms_key.data.arn
  point_in_time_recovery      = true
}
