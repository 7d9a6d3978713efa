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

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/greeter-dev.role" }
  }
}

# The smallest call: the README shows the same one.
variables {
  account_id   = "123456789012"
  environment  = "dev"
  name         = "greeter-dev"
  project      = "greeter"
  regions      = ["us-east-1", "eu-west-1"]
  state_bucket = "greeter-dev-state-123456789012"
  subject      = "example-org/meridian"
}

run "only_this_repository_plans_from_pull_requests_and_main" {
  command = plan

  assert {
    condition     = one(data.aws_iam_policy_document.reviews.statement).actions == toset(["sts:AssumeRoleWithWebIdentity"])
    error_message = "The plan role is for tokens only."
  }

  assert {
    condition     = [for c in one(data.aws_iam_policy_document.reviews.statement).condition : tolist(c.values) if c.variable == "token.actions.githubusercontent.com:sub" && c.test == "StringEquals"] == [tolist(["repo:example-org/meridian:pull_request", "repo:example-org/meridian:ref:refs/heads/main"])]
    error_message = "The plan role is for pull requests and main of exactly this repository."
  }

  assert {
    condition     = [for c in one(data.aws_iam_policy_document.reviews.statement).condition : tolist(c.values) if c.variable == "token.actions.githubusercontent.com:aud" && c.test == "StringEquals"] == [tolist(["sts.amazonaws.com"])]
    error_message = "The audience must be that of STS."
  }
}

run "only_the_apply_role_gets_the_verify_role" {
  command = plan

  assert {
    condition     = one(data.aws_iam_policy_document.verifications.statement).actions == toset(["sts:AssumeRole"])
    error_message = "The verify role is for no token of GitHub."
  }

  assert {
    condition     = one(one(data.aws_iam_policy_document.verifications.statement).principals).identifiers == toset(["arn:aws:iam::123456789012:role/greeter-dev.apply"])
    error_message = "The verify role is for the apply role of the same environment."
  }
}

run "the_verify_role_reads_the_routes_of_its_own_apis" {
  command = plan

  assert {
    condition     = one([for s in data.aws_iam_policy_document.verify.statement : s.resources if contains(s.actions, "apigateway:GET")]) == toset(["arn:aws:apigateway:*::/apis/*/routes"])
    error_message = "The verify role may read routes, nothing else of an API."
  }

  assert {
    condition     = { for c in one([for s in data.aws_iam_policy_document.verify.statement : s if contains(s.actions, "apigateway:GET")]).condition : c.variable => tolist(c.values) if c.test == "StringEquals" && c.variable != "aws:RequestedRegion" } == { "aws:ResourceTag/Environment" = tolist(["dev"]), "aws:ResourceTag/Project" = tolist(["greeter"]) }
    error_message = "The API must be one of this environment."
  }
}

run "only_the_github_environment_of_that_name_applies" {
  command = plan

  assert {
    condition     = [for c in one(data.aws_iam_policy_document.deployments.statement).condition : tolist(c.values) if c.variable == "token.actions.githubusercontent.com:sub" && c.test == "StringEquals"] == [tolist(["repo:example-org/meridian:environment:dev"])]
    error_message = "The apply role is for the GitHub environment dev of exactly this repository."
  }

  assert {
    condition     = [for c in one(data.aws_iam_policy_document.deployments.statement).condition : tolist(c.values) if c.variable == "token.actions.githubusercontent.com:aud" && c.test == "StringEquals"] == [tolist(["sts.amazonaws.com"])]
    error_message = "The audience must be that of STS."
  }
}

run "the_account_gets_a_provider_for_tokens_for_sts_only" {
  command = plan

  assert {
    condition     = aws_iam_openid_connect_provider.github[0].url == "https://token.actions.githubusercontent.com" && aws_iam_openid_connect_provider.github[0].client_id_list == toset(["sts.amazonaws.com"])
    error_message = "The provider must be for GitHub's tokens for STS."
  }
}

run "the_roles_lie_outside_of_what_the_apply_role_may_change" {
  command = plan

  assert {
    condition     = alltrue([for role in aws_iam_role.pipeline : !startswith(role.name, "greeter-dev-") && role.max_session_duration == 3600])
    error_message = "The roles must not match greeter-dev-*, and sessions end after an hour."
  }

  assert {
    condition     = one([for s in data.aws_iam_policy_document.guard.statement : s.effect == "Deny" && s.actions == toset(["iam:*"]) && s.resources == toset(["arn:aws:iam::123456789012:role/greeter-dev.*", "arn:aws:iam::123456789012:policy/greeter-dev.*", "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"]) if s.sid == "LeaveTheseRoles"])
    error_message = "The apply role must be denied everything on these roles, their policies and the provider."
  }
}

run "every_role_that_the_apply_role_makes_carries_the_boundary" {
  command = plan

  assert {
    condition     = one([for c in one([for s in data.aws_iam_policy_document.apply_roles.statement : s if s.sid == "RolesWithTheBoundary"]).condition : tolist(c.values) if c.test == "StringEquals" && c.variable == "iam:PermissionsBoundary"]) == tolist(["arn:aws:iam::123456789012:policy/greeter-dev.boundary"])
    error_message = "Roles must carry the boundary."
  }

  assert {
    condition     = alltrue([for s in data.aws_iam_policy_document.apply_roles.statement : s.sid == "RolesWithTheBoundary" || length(setintersection(s.actions, ["iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary", "iam:UpdateAssumeRolePolicy"])) == 0])
    error_message = "No other statement may make or change roles."
  }
}

run "roles_are_passed_by_name_and_to_lambda_only" {
  command = plan

  assert {
    condition     = one([for s in data.aws_iam_policy_document.apply_roles.statement : s.resources if s.sid == "PassToLambda"]) == toset(["arn:aws:iam::123456789012:role/greeter-dev-greet-eu-west-1", "arn:aws:iam::123456789012:role/greeter-dev-greet-us-east-1"])
    error_message = "Only the functions' own roles may be passed."
  }

  assert {
    condition     = one([for c in one([for s in data.aws_iam_policy_document.apply_roles.statement : s if s.sid == "PassToLambda"]).condition : tolist(c.values) if c.test == "StringEquals" && c.variable == "iam:PassedToService"]) == tolist(["lambda.amazonaws.com"])
    error_message = "Roles may be passed to Lambda only."
  }
}

run "no_role_works_in_another_region" {
  command = plan

  assert {
    condition     = alltrue([for s in concat(data.aws_iam_policy_document.apply_keys.statement, data.aws_iam_policy_document.apply_named.statement, data.aws_iam_policy_document.apply_tagged.statement, data.aws_iam_policy_document.verify.statement) : contains([for c in s.condition : c.variable if c.test == "StringEquals" && toset(c.values) == toset(["eu-west-1", "us-east-1"])], "aws:RequestedRegion")])
    error_message = "Every statement about a region's resources must name the regions."
  }
}

run "the_plan_role_writes_nothing_but_locks" {
  command = plan

  assert {
    condition     = one([for s in data.aws_iam_policy_document.plan_state.statement : s.resources if contains(s.actions, "s3:PutObject")]) == toset(["arn:aws:s3:::greeter-dev-state-123456789012/live/dev/*.tflock"])
    error_message = "The plan role may write lock files only."
  }

  assert {
    condition     = local.attached.plan == ["guard", "plan-state", "read", "read-state"]
    error_message = "The plan role has only policies that read, and its locks."
  }
}

run "no_pipeline_writes_the_state_of_these_roles" {
  command = plan

  assert {
    condition     = one([for s in data.aws_iam_policy_document.guard.statement : s.effect == "Deny" && s.resources == toset(["arn:aws:s3:::greeter-dev-state-123456789012/live/dev/*/access/*"]) if s.sid == "LeaveTheStateOfTheseRoles"])
    error_message = "The state of these roles must be out of reach."
  }

  assert {
    condition     = alltrue([for names in local.attached : contains(names, "guard")])
    error_message = "Every role must have the guard."
  }
}

run "no_names_without_a_module_that_needs_them" {
  command = plan

  assert {
    condition     = length(aws_iam_role_policy.names) == 0 && length(aws_iam_role_policy.zones) == 0
    error_message = "Without a module that declares Route 53 no role may change names."
  }
}

run "names_come_with_a_module_that_declares_route_53" {
  command = plan

  variables {
    rights = [{ service = "route53", resource = "*", read = ["GetHostedZone"] }]
  }

  assert {
    condition     = { for key, policy in aws_iam_role_policy.names : key => policy.role } == { "apply apply-names" = "greeter-dev.apply", "apply read-names" = "greeter-dev.apply", "plan read-names" = "greeter-dev.plan" }
    error_message = "The apply role must change names, the plan role must read them only."
  }

  assert {
    condition     = { for key, policy in aws_iam_role_policy.zones : key => policy.role } == { "apply apply-zones" = "greeter-dev.apply", "apply read-zones" = "greeter-dev.apply", "plan read-zones" = "greeter-dev.plan" }
    error_message = "The apply role alone must change zones, the plan role must read them."
  }

  assert {
    condition     = join(" ", flatten([for s in data.aws_iam_policy_document.read_zones.statement : sort(s.actions)])) == "route53:GetHostedZone route53:ListHealthChecks" && alltrue([for s in data.aws_iam_policy_document.read_zones.statement : one(s.condition).values == tolist(["us-east-1"])])
    error_message = "The roles must read what modules declare of Route 53, where it is."
  }

  assert {
    condition     = length(data.aws_iam_policy_document.own) == 0
    error_message = "Zones must not be read by rights on names, which they do not have."
  }
}

run "no_edge_without_a_module_that_needs_one" {
  command = plan

  assert {
    condition     = length(aws_iam_role_policy.edge) == 0
    error_message = "Without a module that declares CloudFront no role may change distributions."
  }
}

run "an_edge_comes_with_a_module_that_declares_cloudfront" {
  command = plan

  variables {
    rights = [{ service = "cloudfront", resource = "*", read = ["GetDistribution"] }]
  }

  assert {
    condition     = { for key, policy in aws_iam_role_policy.edge : key => "${policy.role} ${policy.name}" } == { apply-edge = "greeter-dev.apply apply-edge", apply-untagged = "greeter-dev.apply apply-untagged", "apply read-edge" = "greeter-dev.apply read-edge", "plan read-edge" = "greeter-dev.plan read-edge" }
    error_message = "The apply role alone must change distributions and stores."
  }
}

run "certificates_and_names_are_those_with_the_tags" {
  command = plan

  assert {
    condition = jsonencode({
      for s in concat(data.aws_iam_policy_document.apply_names.statement, data.aws_iam_policy_document.read_names.statement) :
      s.sid => sort([for c in s.condition : c.variable if strcontains(c.variable, "Tag")])
      }) == jsonencode({
      CertificatesAndNames     = ["aws:ResourceTag/Environment", "aws:ResourceTag/Project"]
      NewCertificates          = ["aws:RequestTag/Environment", "aws:RequestTag/Project"]
      NewNames                 = ["aws:RequestTag/Environment", "aws:RequestTag/Project"]
      ReadCertificatesAndNames = ["aws:ResourceTag/Environment", "aws:ResourceTag/Project"]
      TagNewCertificates       = ["aws:RequestTag/Environment", "aws:RequestTag/Project", "aws:ResourceTag/Environment"]
    })
    error_message = "Tags must say whose a certificate or a name is."
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.apply_zones.statement : [for c in s.condition : c.values if c.variable == "route53:ChangeResourceRecordSetsRecordTypes"] if s.sid == "Records"] == [[tolist(["A", "AAAA", "CNAME"])]]
    error_message = "A pipeline must not change where mail goes or who has the zone."
  }
}

run "composite_alarms_come_with_a_module_that_makes_them" {
  command = plan

  variables {
    rights = [{ service = "cloudwatch", resource = "alarm:", apply = ["PutCompositeAlarm"], read = ["ListTagsForResource"] }]
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.own["apply"].statement : s.resources if s.sid == "CompositeAlarms"] == [toset(["*"])]
    error_message = "AWS makes a composite alarm only for a role that may make every one."
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.own["apply"].statement : [for c in s.condition : c.values if c.variable == "cloudwatch:namespace"] if contains(s.actions, "cloudwatch:PutMetricData")] == [[tolist(["greeter-dev/watch"])]]
    error_message = "The apply role must send no other metrics than those that hold messages back."
  }

  assert {
    condition     = length(data.aws_iam_policy_document.own["read"].statement) == 1
    error_message = "A role that plans must not make alarms."
  }
}

run "only_the_apply_role_counts_calls" {
  command = plan

  assert {
    condition     = [for s in data.aws_iam_policy_document.apply_named.statement : s.resources if contains(s.actions, "cloudwatch:GetMetricData")] == [toset(["*"])]
    error_message = "The apply role must read metrics, which have no resources to name."
  }

  assert {
    condition     = !anytrue([for s in concat(data.aws_iam_policy_document.read.statement, data.aws_iam_policy_document.verify.statement) : contains(s.actions, "cloudwatch:GetMetricData")])
    error_message = "The roles that plan and verify do not need metrics."
  }
}
