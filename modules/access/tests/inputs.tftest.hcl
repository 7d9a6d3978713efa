mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }

  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }

  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/greeter-dev.part" }
  }
}

variables {
  account_id   = "123456789012"
  environment  = "dev"
  name         = "greeter-dev"
  project      = "greeter"
  regions      = ["us-east-1", "eu-west-1"]
  state_bucket = "greeter-dev-state-123456789012"
  subject      = "example-org/meridian"
}

run "refuses_account_id_of_eleven_digits" {
  command = plan

  variables {
    account_id = "12345678901"
  }

  expect_failures = [var.account_id]
}

run "accepts_account_id_of_twelve_digits" {
  command = plan

  variables {
    account_id = "210987654321"
  }

  assert {
    condition     = local.iam == "arn:aws:iam::210987654321"
    error_message = "ARNs must name the account."
  }
}

run "refuses_environment_with_capital_letters" {
  command = plan

  variables {
    environment = "Dev"
  }

  expect_failures = [var.environment]
}

run "accepts_environment_with_a_dash" {
  command = plan

  variables {
    environment = "dev-two"
  }

  assert {
    condition     = local.states == ["arn:aws:s3:::greeter-dev-state-123456789012/live/dev-two"]
    error_message = "The states must be those of the environment."
  }
}

run "refuses_name_with_a_dot" {
  command = plan

  variables {
    name = "greeter.dev"
  }

  expect_failures = [var.name]
}

run "accepts_name_of_31_characters" {
  command = plan

  variables {
    name = "name-of-31-characters-xxxxxxxxx"
  }

  assert {
    condition     = aws_iam_role.pipeline["plan"].name == "name-of-31-characters-xxxxxxxxx.plan"
    error_message = "Names must begin with the name given."
  }
}

run "refuses_oidc_provider_that_is_something_else" {
  command = plan

  variables {
    oidc_provider = "found"
  }

  expect_failures = [var.oidc_provider]
}

run "accepts_oidc_provider_that_exists" {
  command = plan

  variables {
    oidc_provider = "existing"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && local.provider == "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    error_message = "An existing provider must be trusted and not be made."
  }
}

run "refuses_permissions_boundary_that_is_a_role" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:role/acme"
  }

  expect_failures = [var.permissions_boundary]
}

run "accepts_permissions_boundary_of_the_company" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:policy/acme"
  }

  assert {
    condition     = length(aws_iam_policy.boundary) == 0 && alltrue([for role in aws_iam_role.pipeline : role.permissions_boundary == "arn:aws:iam::123456789012:policy/acme"])
    error_message = "The company's boundary must be on these roles too, and none be made."
  }

  assert {
    condition     = one([for c in one([for s in data.aws_iam_policy_document.apply_roles.statement : s if s.sid == "RolesWithTheBoundary"]).condition : tolist(c.values) if c.test == "StringEquals" && c.variable == "iam:PermissionsBoundary"]) == tolist(["arn:aws:iam::123456789012:policy/acme"])
    error_message = "The company's boundary must be demanded."
  }
}

run "refuses_project_with_an_underscore" {
  command = plan

  variables {
    project = "green_house"
  }

  expect_failures = [var.project]
}

run "accepts_project_with_a_dash" {
  command = plan

  variables {
    project = "green-house"
  }

  assert {
    condition     = contains(flatten([for s in data.aws_iam_policy_document.apply_tagged.statement : [for c in s.condition : tolist(c.values) if c.variable == "aws:ResourceTag/Project"]]), "green-house")
    error_message = "The tag must be the project's."
  }
}

run "refuses_regions_that_are_none" {
  command = plan

  variables {
    regions = []
  }

  expect_failures = [var.regions]
}

run "refuses_regions_with_a_wildcard" {
  command = plan

  variables {
    regions = ["*"]
  }

  expect_failures = [var.regions]
}

run "accepts_regions_of_one" {
  command = plan

  variables {
    regions = ["us-east-1"]
  }

  assert {
    condition     = local.regions == tolist(["us-east-1"])
    error_message = "One region must do."
  }
}

run "accepts_regions_in_any_order" {
  command = plan

  variables {
    regions = ["us-east-1", "eu-west-1"]
  }

  assert {
    condition     = local.regions == tolist(["eu-west-1", "us-east-1"])
    error_message = "The order must not matter."
  }
}

run "refuses_role_path_without_a_slash" {
  command = plan

  variables {
    role_path = "acme"
  }

  expect_failures = [var.role_path]
}

run "accepts_role_path_of_the_company" {
  command = plan

  variables {
    role_path = "/acme/"
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.pipeline : role.path == "/acme/"]) && local.function_roles == ["arn:aws:iam::123456789012:role/acme/greeter-dev-greet"]
    error_message = "Roles must have the path."
  }
}

run "refuses_functions_that_are_no_names" {
  command = plan

  variables {
    functions = ["orders-*"]
  }

  expect_failures = [var.functions]
}

run "accepts_functions_with_a_role_in_each_region" {
  command = plan

  variables {
    functions = ["orders", "greet"]
  }

  assert {
    condition     = one([for s in data.aws_iam_policy_document.apply_roles.statement : s.resources if s.sid == "PassToLambda"]) == toset(["arn:aws:iam::123456789012:role/greeter-dev-greet-eu-west-1", "arn:aws:iam::123456789012:role/greeter-dev-greet-us-east-1", "arn:aws:iam::123456789012:role/greeter-dev-orders-eu-west-1", "arn:aws:iam::123456789012:role/greeter-dev-orders-us-east-1"])
    error_message = "The roles of every function may be passed, each once."
  }
}

run "refuses_rights_of_iam" {
  command = plan

  variables {
    rights = [{ service = "iam", resource = "role/", apply = ["PutRolePolicy"] }]
  }

  expect_failures = [var.rights]
}

run "refuses_rights_by_a_wildcard" {
  command = plan

  variables {
    rights = [{ service = "sqs", resource = "", apply = ["*"] }]
  }

  expect_failures = [var.rights]
}

run "refuses_rights_to_change_every_resource" {
  command = plan

  variables {
    rights = [{ service = "sqs", resource = "*", apply = ["DeleteQueue"] }]
  }

  expect_failures = [var.rights]
}

run "refuses_rights_on_every_bucket_with_the_name" {
  command = plan

  variables {
    rights = [{ service = "s3", resource = "", apply = ["DeleteBucket"] }]
  }

  expect_failures = [var.rights]
}

run "accepts_rights_on_buckets_of_another_name" {
  command = plan

  variables {
    rights = [{ service = "s3", resource = "uploads-", apply = ["CreateBucket"] }]
  }

  assert {
    condition     = one(data.aws_iam_policy_document.own["apply"].statement).resources == toset(["arn:aws:s3:::uploads-greeter-dev-*"])
    error_message = "The apply role must get the action on buckets of that name."
  }
}

run "accepts_rights_on_what_has_the_name" {
  command = plan

  variables {
    rights = [{ service = "sqs", resource = "", apply = ["CreateQueue"] }]
  }

  assert {
    condition     = one(data.aws_iam_policy_document.own["apply"].statement).actions == toset(["sqs:CreateQueue"]) && one(data.aws_iam_policy_document.own["apply"].statement).resources == toset(["arn:aws:sqs:*:123456789012:greeter-dev-*"])
    error_message = "The apply role must get the action on queues of that name."
  }

  assert {
    condition     = toset([for name, one in aws_iam_role_policy_attachment.pipeline : name if strcontains(name, "own")]) == toset(["apply own-apply"])
    error_message = "Only the apply role must get it."
  }
}

run "accepts_rights_of_functions" {
  command = plan

  variables {
    rights = [{ service = "sqs", resource = "", functions = ["SendMessage"] }]
  }

  assert {
    condition     = one([for s in data.aws_iam_policy_document.boundary.statement : s.resources if s.actions == toset(["sqs:SendMessage"])]) == toset(["arn:aws:sqs:*:123456789012:greeter-dev-*"])
    error_message = "The boundary must let functions send to queues of that name."
  }
}

run "accepts_rights_to_read_what_has_no_resource" {
  command = plan

  variables {
    rights = [{ service = "cloudwatch", resource = "*", read = ["DescribeAlarms"] }]
  }

  assert {
    condition     = one(data.aws_iam_policy_document.own["read"].statement).resources == toset(["*"])
    error_message = "AWS has no resource for the action."
  }

  assert {
    condition     = toset([for name, one in aws_iam_role_policy_attachment.pipeline : name if strcontains(name, "own")]) == toset(["apply own-read", "plan own-read"])
    error_message = "An apply reads what a plan reads."
  }
}

run "refuses_state_bucket_with_a_wildcard" {
  command = plan

  variables {
    state_bucket = "greeter-*"
  }

  expect_failures = [var.state_bucket]
}

run "accepts_state_bucket_of_63_characters" {
  command = plan

  variables {
    state_bucket = "bucket-of-63-characters-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
  }

  assert {
    condition     = local.buckets == ["arn:aws:s3:::bucket-of-63-characters-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]
    error_message = "States must be in the bucket."
  }
}

run "refuses_state_copy_without_a_region" {
  command = plan

  variables {
    state_copy = { bucket = "greeter-dev-state-copy-123456789012", region = "" }
  }

  expect_failures = [var.state_copy]
}

run "accepts_state_copy_on_which_a_pipeline_can_go_on" {
  command = plan

  variables {
    state_copy = { bucket = "greeter-dev-state-copy-123456789012", region = "eu-central-1" }
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.read_state.statement : s.resources if s.sid == "ReadStates"] == [toset([for bucket in ["greeter-dev-state", "greeter-dev-state-copy"] : "arn:aws:s3:::${bucket}-123456789012/live/dev/*"])]
    error_message = "The roles read the states of this environment and their copy, and nothing else there."
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.plan_state.statement : s.resources if contains(s.actions, "s3:PutObject")] == [toset([for bucket in ["greeter-dev-state", "greeter-dev-state-copy"] : "arn:aws:s3:::${bucket}-123456789012/live/dev/*.tflock"])]
    error_message = "The plan role may write lock files only, also in the copy."
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.guard.statement : s.resources if s.sid == "LeaveTheStateOfTheseRoles"] == [toset([for bucket in ["greeter-dev-state", "greeter-dev-state-copy"] : "arn:aws:s3:::${bucket}-123456789012/live/dev/*/access/*"])]
    error_message = "No pipeline may write the state of its own roles, also not in the copy."
  }

  assert {
    condition = alltrue([
      for document in [data.aws_iam_policy_document.read_state, data.aws_iam_policy_document.plan_state, data.aws_iam_policy_document.apply_state] : alltrue([
        for s in document.statement : toset(s.resources) == toset(["arn:aws:kms:us-east-1:123456789012:key/*", "arn:aws:kms:eu-central-1:123456789012:key/*"]) &&
        toset([for c in s.condition : c.values if c.variable == "kms:ResourceAliases"][0]) == toset(["alias/greeter-dev-state", "alias/greeter-dev-state-copy"]) &&
        contains([for c in s.condition : c.values if c.variable == "kms:ViaService"][0], "s3.eu-central-1.amazonaws.com") if anytrue([for action in s.actions : startswith(action, "kms:")])
      ])
    ])
    error_message = "States and their copy are used with the key of each, by S3."
  }
}

run "refuses_subject_with_a_wildcard" {
  command = plan

  variables {
    subject = "example-org/*"
  }

  expect_failures = [var.subject]
}

run "refuses_subject_with_one_id" {
  command = plan

  variables {
    subject = "example-org@123/meridian"
  }

  expect_failures = [var.subject]
}

run "accepts_subject_with_ids" {
  command = plan

  variables {
    subject = "example-org@123/meridian@456"
  }

  assert {
    condition     = [for c in one(data.aws_iam_policy_document.deployments.statement).condition : tolist(c.values) if c.variable == "token.actions.githubusercontent.com:sub"] == [tolist(["repo:example-org@123/meridian@456:environment:dev"])]
    error_message = "The subject must have the ids."
  }
}
