# Without a value: an operator stores it, so that no plan and no state ever holds it. A custom header of the origin would.
resource "aws_cloudfront_key_value_store" "edge" {
  name    = "${var.name}-edge"
  comment = "${var.name}: what the edge sends with every call"
}

resource "aws_cloudfront_function" "edge" {
  name                         = "${var.name}-edge"
  comment                      = "${var.name}: adds the secret that the APIs ask for"
  runtime                      = "cloudfront-js-2.0"
  key_value_store_associations = [aws_cloudfront_key_value_store.edge.arn]

  # Without a value this throws, and CloudFront answers 503. A header of that name from the client is replaced.
  code = <<-EOT
    import cf from "cloudfront";

    const store = cf.kvs();

    async function handler(event) {
      event.request.headers["x-edge-secret"] = { value: await store.get("secret") };
      return event.request;
    }
  EOT
}
