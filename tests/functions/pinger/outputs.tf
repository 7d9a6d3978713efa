output "function_name" {
  description = "The function as API calls name it, e.g. EXAMPLE-pinger."
  value       = aws_lambda_function.pinger.function_name
}
