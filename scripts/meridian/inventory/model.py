"""The inventory after every check, as frozen records."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from meridian.engines import TERRAFORM, Engine
from meridian.errors import UserError
from meridian.modules.manifest import UNPROTECTED

RETIRING = "retiring"
"""A unit that is being removed: rendered so that it can be destroyed, unprotected, read by no other unit."""
Units = Mapping[str, bool | str]
"""Whether an environment or a region deploys a module, or RETIRING; what is not named follows the layer below."""


class Placed(Protocol):
    """What decides where a module has units."""

    @property
    def module(self) -> str:
        """Its name."""

    @property
    def placement(self) -> str:
        """primary_region or every_region."""

    @property
    def optional(self) -> bool | str:
        """Whether it is off until the inventory switches it on, everywhere or in unprotected environments."""

    @property
    def applied_by(self) -> str | None:
        """The command that applies its units instead of `apply`."""


@dataclass(frozen=True)
class Region:
    """One region of an environment, with what it sets differently and why."""

    name: str
    settings: Mapping[str, Any]
    reason: str | None = None
    retiring: bool = False
    """It is being removed: rendered so that it can be destroyed, unprotected, not verified."""
    units: Units = field(default_factory=dict)


@dataclass(frozen=True)
class Canary:
    """The region that is applied first, and how many minutes its alarms are watched before the others."""

    region: str
    minutes: int


@dataclass(frozen=True)
class Recovery:
    """The targets of a drill: after how many seconds every call succeeds again, and how many calls may be lost."""

    time_seconds: int | None
    lost_calls: int | None


@dataclass(frozen=True)
class Environment:
    """One account that holds one deployment; `versions` is None where the working tree runs."""

    name: str
    account_id: str
    primary_region: str
    protected: bool
    versions: Mapping[str, str] | None
    settings: Mapping[str, Any]
    regions: tuple[Region, ...]
    partition: str
    prefix: str
    """`<project>-<environment>`: the prefix of every resource name."""
    retired: Mapping[str, str] = field(default_factory=dict)
    """Removed regions, with the date."""
    reason: str | None = None
    """Why the settings of the whole environment differ from those of the one before it."""
    canary: Canary | None = None
    recovery: Recovery = Recovery(None, None)
    engine: Engine = TERRAFORM
    """The inventory's: every environment has the same."""
    oidc_provider: str | None = None
    """With `access`: whether the account gets a provider for GitHub's tokens (new) or has one (existing)."""
    company_boundary: str | None = None
    """The permissions boundary that the company demands of every role."""
    role_path: str | None = None
    """The path that the company demands of every role."""
    subject: str = ""
    """The repository as the subjects of GitHub's tokens name it."""
    units: Units = field(default_factory=dict)
    state_copy: str | None = None
    """The region of a second bucket into which S3 copies every state."""
    reads_copy: bool = False
    """Whether a command works on the states of that copy, because the primary region is lost."""

    @property
    def permissions_boundary(self) -> str | None:
        """The boundary of every role of the modules: the company's, or the one that comes with the pipelines' roles."""
        if self.company_boundary or self.oidc_provider is None:
            return self.company_boundary
        return f"arn:{self.partition}:iam::{self.account_id}:policy/{self.prefix}.boundary"

    def places(self, module: "Placed", region: str) -> bool:
        """Return whether a module has a unit in a region, by its placement and `units`.

        One that `bootstrap` applies only comes with `access`.
        """
        if module.applied_by is not None and self.oidc_provider is None:
            return False
        if module.placement != "every_region" and region != self.primary_region:
            return False
        return bool(self._wish(module.module, region, default=self.places_by_default(module)))

    def places_by_default(self, module: "Placed") -> bool:
        """Return whether a module has units where `units` do not name it."""
        return self.protected if module.optional == UNPROTECTED else not module.optional

    def says(self, condition: tuple[str, str]) -> bool:
        """Return whether a setting of the environment has a value."""
        setting, value = condition
        return bool(self.settings.get(setting) == value)

    def retires(self, module: str, region: str) -> bool:
        """Return whether the unit of a module in a region is being removed on its own, without its region."""
        return self._wish(module, region) == RETIRING

    def _wish(self, module: str, region: str, *, default: bool = True) -> bool | str:
        own = next((one.units for one in self.regions if one.name == region), {})
        return own.get(module, self.units.get(module, default))

    @property
    def region_names(self) -> tuple[str, ...]:
        """The names of the regions, in the inventory's order."""
        return tuple(region.name for region in self.regions)

    @property
    def lasting_region_names(self) -> tuple[str, ...]:
        """The names of the regions that are not being removed, in the inventory's order."""
        return tuple(region.name for region in self.regions if not region.retiring)

    @property
    def state_region(self) -> str:
        """The region of the state bucket."""
        return self.state_copy if self.reads_copy and self.state_copy else self.primary_region

    @property
    def state_bucket(self) -> str:
        """The S3 bucket that holds the Terraform state of every unit."""
        return f"{self.prefix}-state-{'copy-' if self.reads_copy else ''}{self.account_id}"

    @property
    def state_key_alias(self) -> str:
        """The alias of the KMS key that encrypts the state."""
        return f"alias/{self.prefix}-state{'-copy' if self.reads_copy else ''}"

    @property
    def state_key_arn(self) -> str:
        """The ARN of that alias, for S3 and the backend."""
        return f"arn:{self.partition}:kms:{self.state_region}:{self.account_id}:{self.state_key_alias}"

    @property
    def state_copy_bucket(self) -> str | None:
        """The bucket of the copy, if there is one."""
        return self.copy.state_bucket if self.state_copy else None

    @property
    def copy(self) -> "Environment":
        """The same environment with its states in the bucket of `state_copy`."""
        return replace(self, reads_copy=True)


@dataclass(frozen=True)
class Inventory:
    """The whole of live/inventory.yaml; environments in promotion order."""

    project: str
    repository: str
    defaults: Mapping[str, Any]
    environments: tuple[Environment, ...]
    retired_states: Mapping[str, str] = field(default_factory=dict)
    """States that were left without a unit on purpose, with the date; see `retired_states.py`."""
    engine: Engine = TERRAFORM

    def environment(self, name: str) -> Environment:
        """Return the environment of that name; UserError lists the known ones."""
        for environment in self.environments:
            if environment.name == name:
                return environment
        known = ", ".join(environment.name for environment in self.environments)
        what = f"There is no environment {name!r} in live/inventory.yaml." if name else "Which environment?"
        raise UserError(what, f"Use one of: {known}.")
