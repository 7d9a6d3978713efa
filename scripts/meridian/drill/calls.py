"""What happened to the calls of a drill, and the times that follow from it: pure functions over a list of calls."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

STEADY_SECONDS = 10.0
"""So long every call must go where it should before a state counts as reached."""


@dataclass(frozen=True)
class Call:
    """One call: when it began and ended, in seconds since the drill began, and the region that answered 200, if any."""

    began: float
    ended: float
    key: str
    region: str | None
    status: int | None = None
    """The status of the answer, if there was one."""
    way: str = ""
    """The name of the address that was called last, where a drill tells addresses apart, and not regions."""

    @property
    def by(self) -> str | None:
        """What answered: the region, or the address; None without an answer."""
        return (self.way or self.region) if self.region else None


@dataclass(frozen=True)
class Outage:
    """The times of an outage in seconds after its fault; None where something was not seen."""

    switched: float | None
    """Until another one answered the first call."""
    recovered: float | None
    """Until every call was answered by another one."""


def is_steady(calls: Sequence[Call], now: float, names: Collection[str], since: float) -> bool:
    """Return whether for STEADY_SECONDS every call was answered by one of these; not before `since`."""
    recent = [call for call in calls if call.ended > now - STEADY_SECONDS]
    return now - since >= STEADY_SECONDS and bool(recent) and all(call.by in names for call in recent)


def measure_outage(calls: Iterable[Call], name: str, fault: float, put_back: float) -> Outage:
    """Return how long after the fault the calls went elsewhere, from the calls until `name` was put back."""
    during = [call for call in calls if fault <= call.began < put_back]
    others = [call for call in during if call.by not in {None, name}]
    unwell = [call for call in during if call.by in {None, name}]
    last = max((call.ended for call in unwell), default=fault)
    first = min((call.ended for call in others), default=fault)
    # A call that succeeds may take longer than one that is refused.
    well = max(first, last) if unwell else last
    return Outage(
        switched=first - fault if others else None,
        recovered=well - fault if any(call.began >= last for call in others) else None,
    )


def measure_return(calls: Iterable[Call], name: str, put_back: float) -> float | None:
    """Return after how many seconds `name` answered every call again; None if it did not."""
    after = [call for call in calls if call.began >= put_back]
    last = max((call.ended for call in after if call.by != name), default=put_back)
    answered = [call.ended for call in after if call.by == name and call.began >= last]
    return min(answered) - put_back if answered else None


def lost(calls: Iterable[Call]) -> list[Call]:
    """Return the calls that got no answer 200."""
    return [call for call in calls if call.region is None]


def count_answers(calls: Iterable[Call]) -> dict[str, int]:
    """Return how often lost calls got which answer, the most frequent first, e.g. {"503": 20, "none": 7}."""
    return dict(Counter(str(call.status or "none") for call in lost(calls)).most_common())


def compare_messages(calls: Iterable[Call], items: Mapping[str, int], sent: Mapping[str, int]) -> tuple[int, int]:
    """Return how many answered greetings sent no message, and how many messages are more than there are items.

    `items` and `sent` count by region. A message has no key, so only numbers can be compared.
    """
    answered = Counter({call.key: call.region for call in calls if call.region is not None}.values())
    missing = sum(max(0, answered[region] - count) for region, count in sent.items())
    return missing, max(0, sum(sent.values()) - sum(items.values()))


def one_table(tables: Mapping[str, Collection[str]]) -> dict[str, Collection[str]]:
    """Return replicated tables as one: an item is there if it is in all of them."""
    return {"all regions": set.intersection(*(set(found) for found in tables.values()))}


def compare_items(calls: Iterable[Call], tables: Mapping[str, Collection[str]]) -> tuple[int, int]:
    """Return how many answered greetings are in no table, and how many are in more than one.

    `tables` has the ids of the greetings in each region's table.
    """
    answered = {call.key for call in calls if call.region is not None}
    places = {key: sum(key in found for found in tables.values()) for key in answered}
    return sum(count == 0 for count in places.values()), sum(count > 1 for count in places.values())


def count_by_second(calls: Iterable[Call]) -> dict[int, dict[str, int]]:
    """Return how many calls each one answered in each second; those without an answer are under "".

    A second before 0 is negative.
    """
    counts: dict[int, dict[str, int]] = {}
    for call in calls:
        second = counts.setdefault(math.floor(call.began), {})
        second[call.by or ""] = second.get(call.by or "", 0) + 1
    return counts
