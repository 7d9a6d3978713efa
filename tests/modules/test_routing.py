"""What `routing` takes from `compute` without an output of it, and what its page says of the lever."""

from typing import Any

from tests.modules import declared

MODULES = {module.name: module for module in declared.MODULES}


def resource(module: str, file: str, kind: str, name: str) -> dict[str, Any]:
    """Return the body of a resource in a file of a module."""
    found = declared.read(MODULES[module] / file)["resource"]
    (body,) = (one[kind][name] for one in found if name in one.get(kind, {}))
    return dict(body)


def test_the_names_lead_to_the_stage_that_compute_makes() -> None:
    mapping = resource("routing", "domain.tf", "aws_apigatewayv2_api_mapping", "name")
    assert mapping["stage"] == resource("compute", "api.tf", "aws_apigatewayv2_stage", "default")["name"]


def test_the_health_check_calls_a_route_that_needs_no_token() -> None:
    check = resource("routing", "health.tf", "aws_route53_health_check", "status")
    route = resource("compute", "routes.tf", "aws_apigatewayv2_route", "status")
    assert route["route_key"] == f"GET {check['resource_path']}"
    assert route["authorization_type"] == "NONE"


def test_the_page_pulls_the_lever_that_there_is() -> None:
    """A misspelt metric would take nothing out of service, and say nothing."""
    levers = [block["lever"] for block in declared.read(MODULES["routing"] / "health.tf")["locals"]]
    (lever,) = levers
    namespace = lever["namespace"].replace("${var.name}", "greeter-prod")
    (dimension,) = lever["dimensions"]
    text = (declared.ROOT / "docs/routing.md").read_text(encoding="utf-8").replace("\\\n    ", "")
    sent = f"--namespace {namespace} --metric-name {lever['metric_name']} --dimensions {dimension}=eu-west-1 --value 1;"
    assert f"aws cloudwatch put-metric-data --region eu-west-1 {sent}" in text
