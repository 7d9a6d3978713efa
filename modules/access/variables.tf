variable "account_id" {
  description = "The account of the environment."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "Use the 12 digits of an account, e.g. 123456789012."
  }
}

variable "environment" {
  description = "The environment: the GitHub environment of the apply role, the folder of the states and the tag of the resources."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.environment))
    error_message = "Use lowercase letters, digits and single dashes, e.g. dev."
  }
}

variable "functions" {
  description = "The functions of the modules by their names after the prefix: each has a role of its own in every region."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for function in var.functions : can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", function))])
    error_message = "Use the names of functions after the prefix, e.g. [\"orders\"]."
  }
}

variable "name" {
  description = "The beginning of every resource's name: project and environment."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,29}[a-z0-9]$", var.name))
    error_message = "Use 3-31 lowercase letters, digits or dashes, starting with a letter and not ending with a dash, e.g. greeter-dev."
  }
}

variable "oidc_provider" {
  description = "Whether the account gets a provider for GitHub's tokens or has one already."
  type        = string
  default     = "new"
  nullable    = false

  validation {
    condition     = contains(["existing", "new"], var.oidc_provider)
    error_message = "Use new, or existing where the account has a provider for token.actions.githubusercontent.com, e.g. new."
  }
}

variable "permissions_boundary" {
  description = "The company's own boundary for every role, by its ARN; empty for the one that is made here."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+)?$", var.permissions_boundary))
    error_message = "Use the ARN of a policy, or leave it empty, e.g. arn:aws:iam::123456789012:policy/acme-boundary."
  }
}

variable "project" {
  description = "The project: a tag of the resources."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.project))
    error_message = "Use lowercase letters, digits and single dashes, e.g. greeter."
  }
}

variable "regions" {
  description = "The regions of the environment; the roles may do nothing in others."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.regions) >= 1 && length(var.regions) <= 20
    error_message = "Name 1 to 20 regions, as many as an IAM policy has room for, e.g. [\"us-east-1\"]."
  }

  validation {
    condition     = alltrue([for region in var.regions : can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]$", region))])
    error_message = "Use the names of regions, e.g. us-east-1."
  }
}

variable "rights" {
  description = "What the roles may do besides, on resources whose names begin with `name`: actions of a service for each."
  type = list(object({
    service   = string
    resource  = string
    apply     = optional(list(string), [])
    read      = optional(list(string), [])
    verify    = optional(list(string), [])
    functions = optional(list(string), [])
  }))
  default  = []
  nullable = false

  validation {
    condition     = alltrue([for right in var.rights : can(regex("^[a-z][a-z0-9-]*$", right.service)) && !contains(["account", "iam", "kms", "organizations", "sts"], right.service)])
    error_message = "Use services whose resources are limited by their names, not IAM, KMS or STS, e.g. sqs."
  }

  validation {
    condition     = alltrue([for right in var.rights : right.service != "s3" || can(regex("^[a-z0-9][a-z0-9.-]*-$", right.resource))])
    error_message = "Begin the name of a bucket with something else than `name`, which the bucket of the states begins with, e.g. uploads-."
  }

  validation {
    condition     = alltrue(flatten([for right in var.rights : [for action in concat(right.apply, right.read, right.verify, right.functions) : can(regex("^[A-Z][A-Za-z0-9]*$", action))]]))
    error_message = "Name each action without its service and without wildcards, e.g. CreateQueue."
  }

  validation {
    condition     = alltrue([for right in var.rights : right.resource == "*" ? length(concat(right.apply, right.verify, right.functions)) == 0 : can(regex("^[A-Za-z0-9:/_.-]*$", right.resource))])
    error_message = "Use what stands before the name in an ARN, or * for actions of `read`, e.g. alarm:."
  }
}

variable "role_path" {
  description = "The path of every role, for companies that demand one."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9_-]+/)*$", var.role_path)) && length(var.role_path) <= 128
    error_message = "Begin and end the path with a slash, e.g. /acme/."
  }
}

variable "state_bucket" {
  description = "The bucket that holds the environment's states."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "Use the name of a bucket, e.g. greeter-dev-state-123456789012."
  }
}

variable "state_copy" {
  description = "The bucket with the copy of the states and its region; empty without one."
  type = object({
    bucket = optional(string, "")
    region = optional(string, "")
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.state_copy.bucket == "" && var.state_copy.region == "" || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.state_copy.bucket)) && can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]$", var.state_copy.region))
    error_message = "Use the names of a bucket and a region, e.g. greeter-dev-state-copy-123456789012 and eu-west-1."
  }
}

variable "subject" {
  description = "The repository as GitHub names it in the subject of its tokens, with ids if its subjects have them."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+|@[0-9]+/[A-Za-z0-9._-]+@[0-9]+)$", var.subject))
    error_message = "Use owner and repository, both with their ids or both without, e.g. example-org@123/meridian@456."
  }
}
