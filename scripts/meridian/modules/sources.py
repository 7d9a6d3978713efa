"""The sources of a module's variables, as its unit.yaml declares them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from meridian.modules.types import Type

ENVIRONMENT_FIELDS = (
    *("name", "prefix", "account_id", "primary_region", "state_bucket"),
    *("subject", "oidc_provider", "company_boundary", "permissions_boundary", "role_path"),
    *("state_copy", "state_copy_bucket"),
)
ENVIRONMENT_LISTS = ("region_names",)
DECLARED_LISTS = ("functions", "rights")
"""What the modules of the environment declare under that key of unit.yaml, as one list."""
INVENTORY_FIELDS = ("project", "repository")
# Keys of an environment and of a region in the inventory that are not settings: no module can use them for one.
ENVIRONMENT_KEYS = (
    *("account_id", "primary_region", "protected", "versions", "regions", "retired", "reason", "canary"),
    *("access", "permissions_boundary", "role_path", "state_copy", "units", "recovery"),
)
REGION_KEYS = ("reason", "retiring", "units")


@dataclass(frozen=True)
class FromEnvironment:
    """A fact of the environment: one of the fields and lists above; left out if it has none."""

    field: str


@dataclass(frozen=True)
class FromInventory:
    """A fact of the whole inventory: one of INVENTORY_FIELDS."""

    field: str


@dataclass(frozen=True)
class Deployed:
    """Whether a module has a unit in the reader's region that is not being removed; `line` is that in unit.yaml.

    For a module that is in the primary region only, its unit there counts in every region.
    """

    module: str
    line: int


@dataclass(frozen=True)
class FromOutput:
    """An output of a needed module; `type` is the variable's there, `line` its line in unit.yaml."""

    module: str
    output: str
    type: Type
    line: int


@dataclass(frozen=True)
class Setting:
    """A value from the inventory; `protected` (or None) applies between defaults and environment."""

    name: str
    protected: Any
    type: Type
    required: bool


@dataclass(frozen=True)
class Choice:
    """One value in a protected environment and another elsewhere."""

    protected: Any
    otherwise: Any


@dataclass(frozen=True)
class Nested:
    """A map of sources; settings without a value are left out."""

    items: Mapping[str, "Source"]


@dataclass(frozen=True)
class Several:
    """A list of sources."""

    items: tuple["Source", ...]


Source = FromEnvironment | FromInventory | Deployed | FromOutput | Setting | Choice | Nested | Several


def leaves(source: Source) -> Iterator[Source]:
    """Yield every source in a nested one, in order."""
    if isinstance(source, Nested):
        for item in source.items.values():
            yield from leaves(item)
    elif isinstance(source, Several):
        for item in source.items:
            yield from leaves(item)
    else:
        yield source
