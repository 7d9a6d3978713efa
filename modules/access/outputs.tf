output "apply_role_arn" {
  description = "The role of the pipeline that applies, e.g. arn:aws:iam::123456789012:role/EXAMPLE.apply."
  value       = aws_iam_role.pipeline["apply"].arn
}

output "plan_role_arn" {
  description = "The role of the pipeline that plans, e.g. arn:aws:iam::123456789012:role/EXAMPLE.plan."
  value       = aws_iam_role.pipeline["plan"].arn
}

output "verify_role_arn" {
  description = "The role of the pipeline that verifies, e.g. arn:aws:iam::123456789012:role/EXAMPLE.verify."
  value       = aws_iam_role.verify.arn
}
