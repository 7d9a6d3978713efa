"""The routes that an API has, read from the API itself, and which of them a check names."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from meridian.aws import AWS_ERRORS, describe_error, is_denied
from meridian.verify.declared import FILE, METHODS, Call
from meridian.verify.deployment import COMPUTE, Api
from meridian.verify.findings import Result, Status
from meridian.verify.http import NoAnswer
from meridian.verify.run import Run

RULE = "routes"
GREET, STATUS = "GET /greet", "GET /status"
OURS = frozenset({GREET, STATUS})
"""The routes of `compute` that the verifier's own checks call."""

_DEFAULT = "$default"
_VARIABLE = re.compile(r"\{[^}]*\}")
_SAMPLE = "meridian-verify"
_DEEPEST = 4


@dataclass(frozen=True)
class Route:
    """One route of an API: its key, e.g. `POST /orders/{id}`, and the kind of its authorizer, e.g. JWT or NONE."""

    key: str
    authorization: str

    @property
    def is_public(self) -> bool:
        """Whether it has no authorizer."""
        return self.authorization == "NONE"

    @property
    def method(self) -> str:
        """Its method; ANY for all."""
        return "ANY" if self.key == _DEFAULT else self.key.split(" ", 1)[0]

    @property
    def path(self) -> str:
        """Its path; variables are in braces."""
        return "/{proxy+}" if self.key == _DEFAULT else self.key.split(" ", 1)[-1]

    def answers(self, method: str, path: str) -> bool:
        """Return whether the API may send a call to this route."""
        plain = [re.escape(part) for part in _VARIABLE.split(self.path)]
        between = [".+" if found.endswith("+}") else "[^/]+" for found in _VARIABLE.findall(self.path)]
        pattern = "".join(part for pair in zip(plain, [*between, ""], strict=True) for part in pair)
        return self.method in {method, "ANY"} and re.fullmatch(pattern, path) is not None

    @property
    def rank(self) -> tuple[bool, bool, int, bool]:
        """The order in which an API prefers one of several routes that answer; the lowest wins."""
        return self.key == _DEFAULT, "+}" in self.path, self.path.count("{"), self.method == "ANY"


def read_routes(run: Run, region: str, api: Api) -> list[Route] | NoAnswer:
    """Return the routes of an API, sorted by key."""
    try:
        pages = run.client("apigatewayv2", region).get_paginator("get_routes").paginate(ApiId=api.id)
        entries = [entry for page in pages for entry in page.get("Items", [])]
    except AWS_ERRORS as error:
        reason = f"the routes of {region}/{api.module} could not be read: {describe_error(error)}"
        if is_denied(error):
            reason += (
                "; the role that verifies needs apigateway:GET on them. The newest `access` allows it: promote it, "
                f"then run `meridian bootstrap {run.target.arguments}`"
            )
        return NoAnswer(reason)
    if not entries:
        return NoAnswer(f"the API of {region}/{api.module} has no routes")
    routes = (Route(entry["RouteKey"], entry.get("AuthorizationType") or "NONE") for entry in entries)
    return sorted(routes, key=lambda route: route.key)


def find_route(routes: Collection[Route], method: str, path: str) -> Route | None:
    """Return the route to which an API sends a call."""
    found = [route for route in routes if route.answers(method, path.partition("?")[0])]
    return min(found, key=lambda route: route.rank, default=None)


def sample_call(route: Route, routes: Collection[Route]) -> tuple[str, str]:
    """Return a method and a path that the API sends to a route."""
    methods = METHODS if route.method == "ANY" else (route.method,)
    samples = [(method, _sample_path(route, depth)) for method in methods for depth in range(1, _DEEPEST + 1)]
    return next((one for one in samples if find_route(routes, *one) == route), samples[0])


def _sample_path(route: Route, depth: int) -> str:
    """Return a path in which a variable that takes several parts has `depth` of them."""
    parts = "/".join([_SAMPLE] * depth)
    return _VARIABLE.sub(lambda found: parts if found[0].endswith("+}") else _SAMPLE, route.path)


def check_routes(api: Api, routes: Sequence[Route], calls: Sequence[Call]) -> Iterator[Result]:
    """Yield a FAIL for each route that no check names or that is public without a call that says so, else one PASS.

    `calls` are those that modules declare for this API.
    """
    ours = OURS if api.module == COMPUTE else frozenset()
    named, public = set(ours), set(ours)
    for call in calls:
        if route := find_route(routes, call.method, call.path):
            named.add(route.key)
            public |= {route.key} if call.succeeds_with("none") else set()
    unnamed = [route for route in routes if route.key not in named]
    for route in unnamed:
        yield (
            Status.FAIL,
            f"{route.key} is deployed, not verified: no check calls it. Add a call to modules/{api.module}/{FILE}, "
            "or to that of the module that makes the route (docs/verify.md).",
        )
    opened = [route for route in routes if route.is_public and route.key in named - public]
    for route in opened:
        yield (
            Status.FAIL,
            f"{route.key} has no authorizer, and no call with `token: none` and a status below 400 says that it is "
            "public: give it an authorizer, or add the call.",
        )
    if not unnamed and not opened:
        yield Status.PASS, f"A check calls each of the {len(routes)} routes of {api.module}."
