"""What an environment really holds, as text that can be searched."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from meridian.targets import Target

STATE = "terraform.tfstate"


def states(target: Target) -> dict[str, dict[str, Any]]:
    """Return the Terraform state of every unit that has one, e.g. by us-east-1/data."""
    return {
        key.removeprefix(f"live/{target.environment.name}/").removesuffix(f"/{STATE}"): json.loads(text)
        for key, text in _objects(target)
        if key.endswith(STATE)
    }


def everything(target: Target) -> dict[str, str]:
    """Return every object of the state bucket and what AWS answers of all that a mock could have reached."""
    texts = dict(_objects(target))
    texts |= {f"iam {name}": text for name, text in _roles(target)}
    for region in target.environment.region_names:
        texts |= {f"{region} {name}": text for name, text in _regional(target, region)}
    return texts


def holding(texts: Mapping[str, str], sentinel: str) -> list[str]:
    """Return the names of the texts that hold a sentinel."""
    return sorted(name for name, text in texts.items() if sentinel in text)


def _objects(target: Target) -> Iterator[tuple[str, str]]:
    s3, bucket = target.client("s3"), target.environment.state_bucket
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            yield entry["Key"], body.decode()


def _roles(target: Target) -> Iterator[tuple[str, str]]:
    iam = target.client("iam")
    for role in iam.list_roles()["Roles"]:
        yield role["RoleName"], _text(role)
        for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            yield f"{role['RoleName']} {name}", _text(iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name))


def _regional(target: Target, region: str) -> Iterator[tuple[str, str]]:
    gateway, functions = target.client("apigatewayv2", region), target.client("lambda", region)
    for api in gateway.get_apis()["Items"]:
        for part in ("authorizers", "integrations", "routes", "stages"):
            yield f"{api['Name']} {part}", _text(getattr(gateway, f"get_{part}")(ApiId=api["ApiId"])["Items"])
    for function in functions.list_functions(FunctionVersion="ALL")["Functions"]:
        yield f"{function['FunctionName']} {function['Version']}", _text(function)


def _text(answer: object) -> str:
    return json.dumps(answer, default=str)
