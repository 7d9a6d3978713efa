# Included by every unit; never run on its own. Always say where: terragrunt run --all --working-dir live/<env> -- plan

terragrunt_version_constraint = "~> 1.1.0"
terraform_version_constraint  = ">= 1.11.0"
terraform_binary              = "terraform"

locals {
  environment = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
  region      = basename(dirname(get_terragrunt_dir()))
  unit        = basename(get_terragrunt_dir())

  tags = {
    Project     = local.environment.project
    Environment = local.environment.environment
    Region      = local.region
    Unit        = local.unit
    Repository  = local.environment.repository
  }
}

remote_state {
  backend = "s3"

  generate = {
    path      = "backend.tf"
    if_exists = "overwrite_terragrunt"
  }

  config = {
    bucket              = local.environment.state_bucket
    key                 = "${path_relative_to_include()}/terraform.tfstate"
    region              = local.environment.primary_region
    allowed_account_ids = [local.environment.account_id]
    use_lockfile        = true
    encrypt             = true
    kms_key_id          = local.environment.state_key_arn # without it S3 stores AES256, whatever the bucket's default says
    use_path_style      = get_env("AWS_ENDPOINT_URL", "") != ""
  }
}

generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite_terragrunt"
  contents  = <<-EOT
    provider "aws" {
      region              = "${local.region}"
      allowed_account_ids = ["${local.environment.account_id}"]

      default_tags {
        tags = ${jsonencode(local.tags)}
      }
    }
  EOT
}

# One reviewed provider lock per environment instead of one per unit.
generate "lock" {
  path              = ".terraform.lock.hcl"
  if_exists         = "overwrite"
  disable_signature = true
  contents          = file("${dirname(find_in_parent_folders("env.hcl"))}/.terraform.lock.hcl")
}

terraform {
  copy_terraform_lock_file = false

  extra_arguments "readonly_lock" {
    commands  = ["init"]
    arguments = ["-lockfile=readonly"]
  }

  extra_arguments "wait_for_lock" {
    commands  = get_terraform_commands_that_need_locking()
    arguments = ["-lock-timeout=60s"]
  }
}
