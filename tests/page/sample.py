"""Facts with something of everything: each state, names that are code, long texts, a picture with a script."""

from dataclasses import replace
from pathlib import Path

from meridian.page.facts import (
    Change,
    Fact,
    Facts,
    Finding,
    LastDrill,
    LastPlan,
    LastScan,
    Place,
    Unit,
    Versions,
    Waiver,
    Waivers,
)
from meridian.page.world import find_place

HOSTILE = "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>\"'&amp;{{ 7 * 7 }}"
PICTURE = "out/drills/2026-01-31T090500Z-dev-local-eu-west-1.svg"
WHEN = "2026-01-31 09:05 UTC"
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 320" onload="top.broken = 1">
<script>top.broken = 1; window.broken = 1</script>
<rect width="900" height="320" fill="white"/><rect x="60" y="60" width="300" height="200" fill="#1b6ca8"/>
<rect x="360" y="60" width="200" height="200" fill="#e39b2d"/>
<rect x="560" y="60" width="280" height="200" fill="#1b6ca8"/>
<text x="60" y="300">0 s</text></svg>
"""
GOOD, NOTE = Fact("good", "GET /status answered 200 without a token."), Fact("note", "No unit here makes an alarm.")


def make_place(number: int, region: str, health: Fact = GOOD, alarms: Fact = NOTE) -> Place:
    """Return a region with three units."""
    units = (Unit("compute", "working tree = 1.2.0"), Unit("data", "1.0.1, behind dev"), Unit("identity", "1.0.1"))
    verified = Fact("good", "PASS: greet, item, message.", WHEN)
    return Place(number, region, find_place(region), number == 1, False, units, health, alarms, verified)


def make_facts() -> Facts:
    """Return facts without a surprise."""
    return Facts(
        project="greeter",
        environment="dev",
        account_id="100000000001",
        target="local",
        protected=False,
        written=WHEN,
        commit="0a1b2c3",
        regions=(make_place(1, "us-east-1"), make_place(2, "eu-west-1")),
        versions=Versions(
            Fact("note", "Not the same in all environments: data."),
            ("dev", "staging"),
            (("compute", "1.2.0"), ("data", "1.0.1")),
            (("working tree = 1.2.0", "working tree: unreleased changes"), ("1.2.0", "1.0.1, behind dev")),
        ),
        plan=LastPlan(Fact("note", "No changes in 5 units.", WHEN)),
        scan=LastScan(Fact("good", "No finding in code and plans.", WHEN)),
        waivers=Waivers(Fact("good", "No finding is accepted."), (), 15),
        drill=LastDrill(Fact("note", "meridian drill was not run in this checkout.")),
    )


def make_busy_facts(root: Path) -> Facts:
    """Return facts with every state and with hostile texts; the picture of the drill is below `root`."""
    (root / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    (root / PICTURE).write_text(SVG, encoding="utf-8")
    plain = make_facts()
    lost = Fact("unknown", "Not reached: eu-west-1/compute: output 'api_id' is missing.")
    broken = Fact("bad", "GET /status answered 503: the function cannot read table greeter-dev-greetings.")
    on = Fact("bad", f"In ALARM: greeter-dev-region, {HOSTILE}.")
    names = ("eu-west-2", "eu-central-1", "ap-northeast-1", "ap-southeast-2", "sa-east-1", "us-gov-west-1")
    more = [make_place(number, name, alarms=Fact("good", "No alarm is on.")) for number, name in enumerate(names, 4)]
    return replace(
        plain,
        project=HOSTILE,
        commit=HOSTILE,
        protected=True,
        regions=(
            make_place(1, "us-east-1", alarms=on),
            make_place(2, "eu-west-1", lost, Fact("unknown", "The alarms of eu-west-1 cannot be read: timeout.")),
            make_place(3, "us-west-2", broken),
            *more,
            replace(
                make_place(10, "ap-south-1", Fact("note", "Not asked: the region is being removed.")), retiring=True
            ),
        ),
        versions=replace(plain.versions, cells=((HOSTILE, ""), plain.versions.cells[1])),
        plan=LastPlan(
            Fact("bad", "1 to delete, 1 to update, in 2 of 5 units. 1 change is dangerous.", WHEN),
            (
                Change(
                    "eu-west-1: data", "MRD_CHANGE_001", f"aws_dynamodb_table.greetings would be destroyed. {HOSTILE}"
                ),
            ),
            (
                Change("eu-west-1: data", "delete", "aws_dynamodb_table.greetings"),
                *(
                    Change("all 10 regions: compute", "update", f'aws_lambda_function.greet["{number}"]')
                    for number in range(60)
                ),
            ),
        ),
        scan=LastScan(
            Fact("bad", "1 finding in code and plans.", WHEN),
            (Finding("HIGH", "CKV_MRD_001", f"The table is open. {HOSTILE}", "modules/data/main.tf:12", "Close it."),),
        ),
        waivers=Waivers(
            Fact("bad", "2 findings are accepted; 1 of the waivers expired."),
            (
                Waiver("CKV_AWS_119", "env dev unit data", HOSTILE, "The key comes next week", "2026-01-29", -2),
                Waiver("CKV_AWS_117", "modules/compute", "platform", "A network is planned", "2026-02-05", 5),
            ),
            15,
        ),
        drill=LastDrill(
            Fact("bad", "Taken away: eu-west-1 (fault: region). 12 calls were lost; the target is 5.", WHEN),
            (("others answered after", "1.2 s"), ("calls lost", "12 of 300 (target: 5)")),
            PICTURE,
        ),
    )
