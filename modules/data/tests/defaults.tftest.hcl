mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }

  mock_data "aws_service_principal" {
    defaults = { id = "logs.us-east-1.amazonaws.com" }
  }

  # The provider checks these where they are used, before anything is planned.
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:greeter-dev-verification" }
  }
}

# The smallest call: the README shows the same one.
variables {
  name = "greeter-dev"
}

run "the_key_rotates_and_can_be_called_back_for_thirty_days" {
  command = plan

  assert {
    condition     = aws_kms_key.data.enable_key_rotation
    error_message = "The key must rotate."
  }

  assert {
    condition     = aws_kms_key.data.deletion_window_in_days == 30
    error_message = "A deleted key must be recoverable for 30 days."
  }

  assert {
    condition     = aws_kms_alias.data.name == "alias/greeter-dev-data"
    error_message = "The key must be found by its alias."
  }
}

run "the_account_administers_the_key" {
  command = plan

  assert {
    condition     = [for s in data.aws_iam_policy_document.key.statement : s.sid] == ["AccountAdministers", "LogsOfThisAccountAndRegion", "TopicsOfThisAccountAndRegion"]
    error_message = "The key's policy must have exactly these three statements."
  }

  assert {
    condition     = one(data.aws_iam_policy_document.key.statement[0].principals).identifiers == toset(["arn:aws:iam::123456789012:root"])
    error_message = "This account alone must administer the key."
  }

  assert {
    condition     = aws_kms_key.data.policy == data.aws_iam_policy_document.key.json
    error_message = "The key must have the policy."
  }
}

run "only_logs_of_this_account_and_region_use_the_key" {
  command = plan

  assert {
    condition     = one(data.aws_iam_policy_document.key.statement[1].principals).identifiers == toset(["logs.us-east-1.amazonaws.com"])
    error_message = "CloudWatch Logs of this region must be the principal."
  }

  assert {
    condition = data.aws_iam_policy_document.key.statement[1].condition == toset([{
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = tolist(["arn:aws:logs:us-east-1:123456789012:log-group:*"])
    }])
    error_message = "CloudWatch Logs must be bound to log groups of this account and region."
  }
}

run "only_topics_of_this_account_and_region_use_the_key" {
  command = plan

  assert {
    condition     = one(data.aws_iam_policy_document.key.statement[2].principals).identifiers == toset(["sns.amazonaws.com"])
    error_message = "SNS must be the principal."
  }

  assert {
    condition = data.aws_iam_policy_document.key.statement[2].condition == toset([
      { test = "StringEquals", variable = "aws:SourceAccount", values = tolist(["123456789012"]) },
      { test = "ArnLike", variable = "aws:SourceArn", values = tolist(["arn:aws:sns:us-east-1:123456789012:*"]) },
    ])
    error_message = "SNS must be bound to topics of this account and region."
  }

  assert {
    condition     = alltrue([for s in slice(data.aws_iam_policy_document.key.statement, 1, 3) : !contains(s.actions, "kms:*")])
    error_message = "A service must never get every action on the key."
  }
}

run "the_table_has_the_keys_and_expiry_of_the_contract" {
  command = plan

  assert {
    condition     = [aws_dynamodb_table.greetings[0].hash_key, aws_dynamodb_table.greetings[0].range_key] == ["subject", "greeting_id"]
    error_message = "The keys must be subject and greeting_id."
  }

  assert {
    condition     = aws_dynamodb_table.greetings[0].attribute == toset([{ name = "subject", type = "S" }, { name = "greeting_id", type = "S" }])
    error_message = "Both keys must be strings."
  }

  assert {
    condition     = aws_dynamodb_table.greetings[0].ttl[0].enabled && aws_dynamodb_table.greetings[0].ttl[0].attribute_name == "expires_at"
    error_message = "Items must expire at expires_at."
  }

  assert {
    condition     = aws_dynamodb_table.greetings[0].billing_mode == "PAY_PER_REQUEST"
    error_message = "The table must be paid on demand."
  }
}

run "the_table_is_recoverable_and_protected_unless_asked" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.greetings[0].point_in_time_recovery[0].enabled
    error_message = "The table must be recoverable to any point in time."
  }

  assert {
    condition     = aws_dynamodb_table.greetings[0].deletion_protection_enabled
    error_message = "The table must be protected from deletion by default."
  }
}

run "an_unprotected_table_can_be_asked_for" {
  command = plan

  variables {
    deletion_protection = false
  }

  assert {
    condition     = !aws_dynamodb_table.greetings[0].deletion_protection_enabled
    error_message = "deletion_protection = false must make the table deletable."
  }
}

run "tables_are_independent_unless_asked" {
  command = plan

  assert {
    condition     = length(aws_dynamodb_table.greetings) == 1 && length(aws_dynamodb_table_replica.greetings) == 0
    error_message = "A region must have a table of its own by default."
  }

  assert {
    condition     = !aws_dynamodb_table.greetings[0].stream_enabled
    error_message = "A table of its own must not stream."
  }
}

run "the_table_of_the_primary_region_streams_to_its_replicas" {
  command = plan

  variables {
    replication = "global"
  }

  assert {
    condition     = length(aws_dynamodb_table.greetings) == 1 && length(aws_dynamodb_table_replica.greetings) == 0
    error_message = "The primary region must have the table."
  }

  assert {
    condition     = aws_dynamodb_table.greetings[0].stream_enabled && aws_dynamodb_table.greetings[0].stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "Replication needs a stream of new and old images."
  }

  assert {
    condition     = aws_dynamodb_table.greetings[0].point_in_time_recovery[0].enabled && aws_dynamodb_table.greetings[0].deletion_protection_enabled && aws_dynamodb_table.greetings[0].ttl[0].enabled
    error_message = "The table must be as recoverable, protected and short-lived as one of its own."
  }
}

run "a_replica_has_its_own_key_recovery_and_protection" {
  variables {
    global_table_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/greeter-dev-greetings"
    replication      = "global"
  }

  assert {
    condition     = length(aws_dynamodb_table.greetings) == 0
    error_message = "A region with a replica must have no table of its own."
  }

  assert {
    condition     = aws_dynamodb_table_replica.greetings[0].global_table_arn == "arn:aws:dynamodb:us-east-1:123456789012:table/greeter-dev-greetings"
    error_message = "The replica must be one of the table given."
  }

  assert {
    condition     = aws_dynamodb_table_replica.greetings[0].kms_key_arn == aws_kms_key.data.arn
    error_message = "The replica must be encrypted with the key of its own region."
  }

  assert {
    condition     = aws_dynamodb_table_replica.greetings[0].point_in_time_recovery && aws_dynamodb_table_replica.greetings[0].deletion_protection_enabled
    error_message = "The replica must be recoverable and protected by itself."
  }
}

run "an_unprotected_replica_can_be_asked_for" {
  command = plan

  variables {
    deletion_protection = false
    global_table_arn    = "arn:aws:dynamodb:us-east-1:123456789012:table/greeter-dev-greetings"
    replication         = "global"
  }

  assert {
    condition     = !aws_dynamodb_table_replica.greetings[0].deletion_protection_enabled
    error_message = "deletion_protection = false must make the replica deletable."
  }
}

run "table_and_topic_are_encrypted_with_the_key" {
  assert {
    condition     = aws_dynamodb_table.greetings[0].server_side_encryption[0].enabled && aws_dynamodb_table.greetings[0].server_side_encryption[0].kms_key_arn == aws_kms_key.data.arn
    error_message = "The table must be encrypted with this module's key."
  }

  assert {
    condition     = aws_sns_topic.verification.kms_master_key_id == aws_kms_key.data.arn
    error_message = "The topic must be encrypted with this module's key."
  }
}

run "the_topic_admits_only_this_account_and_only_over_tls" {
  assert {
    condition     = [for s in data.aws_iam_policy_document.topic.statement : s.sid] == ["OnlyThisAccount", "OnlyOverTls"]
    error_message = "The topic's policy must have exactly these two statements."
  }

  assert {
    condition     = one(data.aws_iam_policy_document.topic.statement[0].principals).identifiers == toset(["arn:aws:iam::123456789012:root"])
    error_message = "Only this account may be admitted."
  }

  assert {
    condition = data.aws_iam_policy_document.topic.statement[1].effect == "Deny" && data.aws_iam_policy_document.topic.statement[1].condition == toset([
      { test = "Bool", variable = "aws:SecureTransport", values = tolist(["false"]) },
    ])
    error_message = "Everybody must be refused without TLS."
  }

  assert {
    condition     = one(data.aws_iam_policy_document.topic.statement[1].principals).identifiers == toset(["*"])
    error_message = "Nobody may be spared from TLS."
  }

  assert {
    condition     = data.aws_iam_policy_document.topic.statement[1].actions == data.aws_iam_policy_document.topic.statement[0].actions
    error_message = "Whatever is admitted must be refused without TLS."
  }

  assert {
    condition     = alltrue([for s in data.aws_iam_policy_document.topic.statement : s.resources == toset([aws_sns_topic.verification.arn])])
    error_message = "The policy must speak of this topic alone."
  }

  assert {
    condition     = aws_sns_topic_policy.verification.arn == aws_sns_topic.verification.arn && aws_sns_topic_policy.verification.policy == data.aws_iam_policy_document.topic.json
    error_message = "The topic must have the policy."
  }
}

run "has_no_subscriber_by_default" {
  command = plan

  assert {
    condition     = length(aws_sns_topic_subscription.subscriber) == 0
    error_message = "There must be no subscriber unless one is named."
  }
}
