"""What the page shows of one environment, as data: the JSON report has the same."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["good", "bad", "unknown", "note"]
"""`unknown`: it could not be told. `note`: a fact that is neither good nor bad, e.g. that nothing was asked."""
WORST_FIRST: tuple[State, ...] = ("bad", "unknown", "note")


@dataclass(frozen=True)
class Fact:
    """One thing that is known, or why it is not; `when` is the time of a report that it comes from."""

    state: State
    sentence: str
    when: str = ""


@dataclass(frozen=True)
class Unit:
    """One unit of a region, with what runs of its module, e.g. `1.2.0, behind dev`."""

    module: str
    version: str


@dataclass(frozen=True)
class Place:
    """One region; `place` is empty where AWS names none, so that the map has no mark for it."""

    number: int
    region: str
    place: str
    primary: bool
    retiring: bool
    units: tuple[Unit, ...]
    health: Fact
    alarms: Fact
    verified: Fact

    @property
    def state(self) -> State:
        """The state of the region now: an earlier verification does not count."""
        states = {self.health.state, self.alarms.state}
        return next((one for one in WORST_FIRST[:2] if one in states), self.health.state)


@dataclass(frozen=True)
class Versions:
    """What runs of each module in each environment, in promotion order."""

    fact: Fact
    environments: tuple[str, ...] = ()
    latest: tuple[tuple[str, str], ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    """A row for each environment, a cell for each module of `latest`."""


@dataclass(frozen=True)
class Change:
    """One row of the last plan; an action, or the sentence of a dangerous change."""

    where: str
    action: str
    what: str


@dataclass(frozen=True)
class LastPlan:
    """The last plan that was made in this checkout."""

    fact: Fact
    dangers: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One finding of the last scan that counts."""

    severity: str
    check: str
    what: str
    where: str
    fix: str


@dataclass(frozen=True)
class LastScan:
    """The last run of the gate in this checkout."""

    fact: Fact
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Waiver:
    """One finding that an owner accepts until a day; `days_left` is negative after it."""

    check: str
    subject: str
    owner: str
    reason: str
    expires: str
    days_left: int


@dataclass(frozen=True)
class Waivers:
    """The waivers that concern the environment; `not_applicable` counts those that are facts of the design."""

    fact: Fact
    accepted: tuple[Waiver, ...] = ()
    not_applicable: int = 0


@dataclass(frozen=True)
class LastDrill:
    """The last drill; `picture` is the file of its picture, `figures` are pairs of what was measured and its figure."""

    fact: Fact
    figures: tuple[tuple[str, str], ...] = ()
    picture: str = ""


@dataclass(frozen=True)
class Facts:
    """Everything that is known of one environment."""

    project: str
    environment: str
    account_id: str
    target: str
    protected: bool
    written: str
    commit: str
    regions: tuple[Place, ...]
    versions: Versions
    plan: LastPlan
    scan: LastScan
    waivers: Waivers
    drill: LastDrill

    @property
    def health(self) -> Fact:
        """The health of all regions in one sentence."""
        return _together(self.regions, "health", "answer")

    @property
    def alarms(self) -> Fact:
        """The alarms of all regions in one sentence."""
        return _together(self.regions, "alarms", "have no alarm on")

    @property
    def untold(self) -> list[str]:
        """A sentence for each thing that could not be told."""
        return [f"{where}: {fact.sentence}" for where, fact in self._all() if fact.state == "unknown"]

    def body(self) -> dict[str, Any]:
        """Return the facts for the JSON report."""
        regions = [{**asdict(one), "state": one.state} for one in self.regions]
        return {**asdict(self), "regions": regions, "could_not_tell": self.untold}

    def _all(self) -> Iterator[tuple[str, Fact]]:
        for one in self.regions:
            yield f"health of {one.region}", one.health
            yield f"alarms of {one.region}", one.alarms
            yield f"last verification of {one.region}", one.verified
        yield "versions", self.versions.fact
        yield "last plan", self.plan.fact
        yield "findings", self.scan.fact
        yield "last drill", self.drill.fact


def _together(regions: tuple[Place, ...], name: str, does: str) -> Fact:
    facts: dict[str, Fact] = {one.region: getattr(one, name) for one in regions}
    states = [fact.state for fact in facts.values()]
    good = states.count("good")
    worst: State = next((one for one in WORST_FIRST if one in states), "good")
    if worst == "note" and len({fact.sentence for fact in facts.values()}) == 1:
        return next(iter(facts.values()))
    parts = [f"{good} of {len(facts)} regions {does}"]
    for state, word in (("bad", "problem"), ("unknown", "could not tell")):
        if named := [region for region, fact in facts.items() if fact.state == state]:
            parts.append(f"{word}: {', '.join(named)}")
    return Fact(worst, f"{'; '.join(parts)}.")
