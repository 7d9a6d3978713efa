locals {
  policies = merge({
    apply-keys  = data.aws_iam_policy_document.apply_keys.json
    apply-named = data.aws_iam_policy_document.apply_named.json
    apply-roles = data.aws_iam_policy_document.apply_roles.json
    apply-state = data.aws_iam_policy_document.apply_state.json
    apply-tags  = data.aws_iam_policy_document.apply_tagged.json
    guard       = data.aws_iam_policy_document.guard.json
    plan-state  = data.aws_iam_policy_document.plan_state.json
    read        = data.aws_iam_policy_document.read.json
    read-state  = data.aws_iam_policy_document.read_state.json
    verify      = data.aws_iam_policy_document.verify.json
  }, { for role, document in data.aws_iam_policy_document.own : "own-${role}" => document.json })

  attached = {
    apply  = ["apply-keys", "apply-named", "apply-roles", "apply-state", "apply-tags", "guard", "read", "read-state"]
    plan   = ["guard", "plan-state", "read", "read-state"]
    verify = ["guard", "read-state", "verify"]
  }

  # A role may have ten policies: the apply role has all of them.
  attached_own = {
    apply  = ["own-apply", "own-read"]
    plan   = ["own-read"]
    verify = ["own-verify"]
  }

  # As they are made in names.tf and edge.tf.
  inline = concat(
    local.routed ? concat(values(local.names), values(local.zone_policies)) : [],
    local.edged ? values(local.edge) : [],
  )

  attachments = merge([
    for role, names in local.attached : {
      for name in concat(names, [for own in local.attached_own[role] : own if contains(keys(local.policies), own)]) :
      "${role} ${name}" => { role = role, policy = name }
    }
  ]...)
}

# The dot keeps these names outside of `<name>-*`, which the apply role may change.
resource "aws_iam_role" "pipeline" {
  for_each = local.trust

  name                 = "${var.name}.${each.key}"
  path                 = var.role_path
  description          = "What a pipeline may do to ${each.key} ${var.environment}."
  assume_role_policy   = each.value
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary == "" ? null : var.permissions_boundary

  lifecycle {
    precondition {
      condition     = sum(concat([0], [for one in local.inline : length(jsonencode(jsondecode(one.policy))) if one.role == each.key])) <= 10240
      error_message = "The inline policies of ${var.name}.${each.key} have more than the 10,240 characters that AWS allows: take a region out, or a module that needs rights."
    }
  }
}

resource "aws_iam_role" "verify" {
  name                 = "${var.name}.verify"
  path                 = var.role_path
  description          = "What the apply role may do, for minutes, to verify ${var.environment}."
  assume_role_policy   = data.aws_iam_policy_document.verifications.json
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary == "" ? null : var.permissions_boundary

  # IAM refuses a trust policy that names a role which does not exist.
  depends_on = [aws_iam_role.pipeline]
}

# Inline policies would not do: those of one role may have 10,240 characters together.
resource "aws_iam_policy" "pipeline" {
  for_each = local.policies

  name        = "${var.name}.${each.key}"
  description = "A part of what the pipelines of ${var.environment} may do."
  policy      = each.value

  lifecycle {
    precondition {
      condition     = length(jsonencode(jsondecode(each.value))) <= 6144
      error_message = "The policy ${var.name}.${each.key} has more than the 6,144 characters that AWS allows: take a region out, or a module that needs rights."
    }
  }
}

resource "aws_iam_role_policy_attachment" "pipeline" {
  for_each = local.attachments

  role       = merge(aws_iam_role.pipeline, { verify = aws_iam_role.verify })[each.value.role].name
  policy_arn = aws_iam_policy.pipeline[each.value.policy].arn
}
