resource "aws_dynamodb_table" "greetings" {
  name                        = "${var.name}-greetings"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = var.deletion_protection
  hash_key                    = "subject"
  range_key                   = "greeting_id"

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
}
