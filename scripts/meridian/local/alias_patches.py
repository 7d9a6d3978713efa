"""What AWS does with calls of an alias and MiniStack does not: it follows weights, and counts calls by version."""

import secrets
import time
from functools import wraps
from typing import Any

CALLED = "CalledAlias"
"""Beside the settings of a function that is called through an alias: the alias."""


def aliases_have_weights(lambda_svc: Any) -> None:
    """Let other services, e.g. an API, call the second version of an alias as often as its weight says.

    MiniStack keeps weights and calls the first version only.
    """
    find = lambda_svc._get_func_record_for_ref_in_scope

    @wraps(find)
    def find_function(ref: str, **scope: Any) -> Any:
        record, config, name = find(ref, **scope)
        qualifier = ref.rpartition(":")[2]
        function = lambda_svc._functions.get_scoped(scope.get("account_id"), scope.get("region"), name) or {}
        alias = function.get("aliases", {}).get(qualifier)
        if record is None or alias is None:
            return record, config, name
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        version = choose_version(alias["FunctionVersion"], weights, secrets.randbelow(1000) / 1000)
        record, config = lambda_svc._effective_func_record_for_qualifier(function, version)
        return record, config and config | {CALLED: qualifier}, name

    lambda_svc._get_func_record_for_ref_in_scope = find_function


def choose_version(first: str, weights: dict[str, float], chance: float) -> str:
    """Return the version that a call gets; `chance` is from 0 up to 1."""
    for version, weight in weights.items():
        if chance < weight:
            return version
        chance -= weight
    return first


def calls_are_counted_by_version(lambda_svc: Any, cloudwatch: Any) -> None:
    """Send the metrics of a call through an alias: of the function, of the alias, and of the version that ran.

    MiniStack sends them for the Invoke API only, and without alias and version.
    """
    execute = lambda_svc._execute_function_with_config_scope

    def send(function: str, alias: str, version: str, failed: bool, taken: float) -> None:
        resource = {"FunctionName": function, "Resource": f"{function}:{alias}"}
        for dimensions in ({"FunctionName": function}, resource, resource | {"ExecutedVersion": version}):
            cloudwatch.record_metric("AWS/Lambda", "Invocations", 1, "Count", dimensions)
            cloudwatch.record_metric("AWS/Lambda", "Errors", failed, "Count", dimensions)
            cloudwatch.record_metric("AWS/Lambda", "Duration", taken, "Milliseconds", dimensions)

    @wraps(execute)
    def execute_function(record: dict[str, Any], event: Any) -> Any:
        begun, config = time.monotonic(), record["config"]
        result = execute(record, event)
        if CALLED in config and not result.get("throttle"):
            taken = (time.monotonic() - begun) * 1000
            called = config["FunctionName"], config[CALLED], config["Version"], bool(result.get("error")), taken
            lambda_svc._run_with_function_config_scope(record, send, *called)
        return result

    lambda_svc._execute_function_with_config_scope = execute_function
