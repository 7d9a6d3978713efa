output "client_id" {
  description = "The app client that signs users in; the audience of their ID tokens, e.g. EXAMPLE."
  value       = aws_cognito_user_pool_client.app.id
}

output "issuer" {
  description = "The issuer in every token, which an authorizer must expect, e.g. https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE."
  value       = "https://${var.issuer == "UPDATED" ? "issuer-" : ""}${aws_cognito_user_pool.users.endpoint}"
}

output "user_pool_arn" {
  description = "The user pool as policies name it, e.g. arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_EXAMPLE."
  value       = aws_cognito_user_pool.users.arn
}

output "user_pool_id" {
  description = "The user pool as API calls name it, e.g. us-east-1_EXAMPLE."
  value       = aws_cognito_user_pool.users.id
}
