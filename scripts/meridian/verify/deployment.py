"""What is deployed and where to call it, from the units' outputs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from meridian.errors import CouldNotTell
from meridian.targets import Kind, Target

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
COMPUTE, ROUTING, EDGE, WATCH = "compute", "routing", "edge", "watch"
Outputs = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Identity:
    """The user pool of the environment and its one app client."""

    region: str
    issuer: str
    client_id: str
    user_pool_id: str


@dataclass(frozen=True)
class Api:
    """The HTTP API of a module in one region; `url` has no slash at its end."""

    module: str
    id: str
    url: str


@dataclass(frozen=True)
class Names:
    """The addresses that the module `routing` gives a region's API; none has a slash at its end."""

    shared: str
    """The address that every region has."""
    own: str
    """The address that API Gateway gave the API of this region."""
    keeps_own: bool = False
    """Whether the API answers there, too."""


@dataclass(frozen=True)
class Edge:
    """What the module `edge` puts before the names; `url` has no slash at its end."""

    url: str
    secret_arn: str
    """The secret of the region with the value that the edge sends; empty where compute has none."""
    only: bool
    """Whether the function refuses calls without it."""


@dataclass(frozen=True)
class Regional:
    """One region's API, function, table and topic; `api_url` has no slash at its end."""

    region: str
    api_url: str
    function_name: str
    table_name: str
    topic_arn: str
    replicates: bool = False
    """Whether the tables of the regions are one; versions of `data` before 2.0 do not say, and cannot."""
    apis: tuple[Api, ...] = ()
    """Every API of the region: those of the units with the outputs `api_id` and `api_url`."""
    names: Names | None = None
    """With the module `routing`; `api_url` is then the region's own name."""
    edge: Edge | None = None
    """With the module `edge`."""

    def api_of(self, module: str) -> Api | None:
        """Return the module's own API, else the one of `compute`."""
        found = {api.module: api for api in self.apis}
        return found.get(module) or found.get(COMPUTE)


@dataclass(frozen=True)
class Deployment:
    """Everything that a verification calls and observes."""

    identity: Identity
    regions: tuple[Regional, ...]
    absent: Mapping[str, str] = field(default_factory=dict)
    """Regions that cannot be called, each with the reason."""
    outputs: Outputs = field(default_factory=dict)

    def output_of(self, module: str, name: str, region: str) -> tuple[str, str]:
        """Return the region and the value of a module's output: of its unit in a region, else in the primary one.

        Raises CouldNotTell if neither has it.
        """
        here = region if f"{region}/{module}" in self.outputs else self.identity.region
        return here, _output(self.outputs, f"{here}/{module}", name)

    def only(self, regions: Collection[str]) -> "Deployment":
        """Return the deployment with some of its regions; with all without a choice."""
        if not regions:
            return self
        chosen = tuple(place for place in self.regions if place.region in regions)
        return replace(self, regions=chosen, absent={name: why for name, why in self.absent.items() if name in regions})

    @property
    def tables(self) -> dict[str, str]:
        """The name of each region's table, by region."""
        return {place.region: place.table_name for place in self.regions}


def read_deployment(target: Target, outputs: Outputs, regions: Sequence[str]) -> Deployment:
    """Return what is deployed in some regions, from `outputs` (unit path -> name -> value).

    Raises CouldNotTell if there is no region, if identity or every region lacks an output, or if an API's address would
    send a token unencrypted or to another target.
    """
    primary = target.environment.primary_region
    unit = f"{primary}/identity"
    identity = Identity(
        region=primary,
        issuer=_output(outputs, unit, "issuer"),
        client_id=_output(outputs, unit, "client_id"),
        user_pool_id=_output(outputs, unit, "user_pool_id"),
    )
    if not regions:
        name = target.environment.name
        raise CouldNotTell(f"{name}: no region is left to verify.", "The notes above say why.")
    found, absent = [], {}
    for name in regions:
        try:
            found.append(_regional(outputs, name, primary))
        except CouldNotTell as error:
            absent[name] = error
    if not found:
        raise next(iter(absent.values()))
    for place in found:
        for api in place.apis:
            own = place.names.own if place.names and api.module == COMPUTE else api.url
            _require_safe(target.kind, f"{place.region}/{api.module}", own)
    reasons = {name: error.message.rstrip(".") for name, error in absent.items()}
    return Deployment(identity, tuple(found), reasons, outputs)


def _regional(outputs: Outputs, region: str, primary: str) -> Regional:
    _output(outputs, f"{region}/{COMPUTE}", "api_id")
    own = _output(outputs, f"{region}/{COMPUTE}", "api_url").rstrip("/")
    url, names = own, None
    if f"{region}/{ROUTING}" in outputs:
        url, shared = (
            _at_name(own, _output(outputs, f"{region}/{ROUTING}", name))
            for name in ("regional_domain_name", "domain_name")
        )
        names = Names(shared, own, keeps_own=outputs[f"{region}/{COMPUTE}"].get("own_address") is True)
    return Regional(
        region=region,
        api_url=url,
        function_name=_output(outputs, f"{region}/{COMPUTE}", "function_name"),
        table_name=_output(outputs, f"{region}/data", "table_name"),
        topic_arn=_output(outputs, f"{region}/data", "topic_arn"),
        replicates=outputs[f"{region}/data"].get("replication") == "global",
        apis=tuple(replace(api, url=url) if api.url == own else api for api in _apis(outputs, region)),
        names=names,
        edge=_edge(outputs, region, primary),
    )


def _edge(outputs: Outputs, region: str, primary: str) -> Edge | None:
    if f"{primary}/{EDGE}" not in outputs:
        return None
    own, compute = _output(outputs, f"{region}/{COMPUTE}", "api_url"), outputs[f"{region}/{COMPUTE}"]
    url = _at_name(own, _output(outputs, f"{primary}/{EDGE}", "domain_name")).rstrip("/")
    # A version of compute that does not say cannot refuse calls: they must be, and are not.
    return Edge(url, compute.get("edge_secret_arn") or "", only=compute.get("edge_only") is not False)


def _at_name(url: str, name: str) -> str:
    """Return the address at another name; protocol and port stay: locally every name is at one port."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{name}:{parts.port}" if parts.port else name))


def _apis(outputs: Outputs, region: str) -> Iterator[Api]:
    for unit, values in outputs.items():
        place, _, module = unit.partition("/")
        if place == region and {"api_id", "api_url"} <= values.keys():
            url = _output(outputs, unit, "api_url").rstrip("/")
            yield Api(module, _output(outputs, unit, "api_id"), url)


def _output(outputs: Outputs, unit: str, name: str) -> str:
    value = outputs.get(unit, {}).get(name)
    if not isinstance(value, str) or not value:
        raise CouldNotTell(f"{unit}: output {name!r} is missing.", "Apply the environment first, then verify it.")
    return value


def _require_safe(kind: Kind, unit: str, api_url: str) -> None:
    """Raise CouldNotTell unless a local API is on this machine, and one in AWS is called over TLS."""
    parts = urlsplit(api_url)
    host = parts.hostname or ""
    if kind == "local":
        safe, wanted = host in _LOOPBACK or host.endswith(".localhost"), "on this machine: no local token leaves it"
    else:
        safe, wanted = parts.scheme == "https", "https: a token is never sent unencrypted"
    if not safe:
        hint = "Apply the environment again: the outputs are of another deployment."
        raise CouldNotTell(f"{unit}: the output api_url {api_url!r} is not {wanted}.", hint)
