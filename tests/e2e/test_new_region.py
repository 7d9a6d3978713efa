"""A new region is one line of the inventory, and one apply."""

from tests.e2e.checkout import Checkout, verdicts

NEW = "ap-southeast-2"


def test_a_region_added_to_a_running_environment_deploys_in_one_command(first: Checkout) -> None:
    inventory = first.root / "live/inventory.yaml"
    before = inventory.read_text()
    inventory.write_text(before.replace("      eu-west-1: {}", f"      eu-west-1: {{}}\n      {NEW}: {{}}", 1))
    assert inventory.read_text() != before

    rendered = first.meridian("generate").expect(0)
    written = sorted(line.split()[1] for line in rendered.stdout.splitlines() if line.startswith("written"))
    assert written == [f"live/dev/{NEW}/{unit}/terragrunt.hcl" for unit in ("compute", "data")]

    first.meridian("apply", "dev", "--target", "local").expect(0)
    applied = first.report("apply")["applied"]
    assert applied == [f"{NEW}/data", f"{NEW}/compute"]

    first.meridian("verify", "dev", "--target", "local").expect(0)
    report = first.report("verify")
    assert verdicts(report) == {region: {"PASS"} for region in ("us-east-1", "eu-west-1", NEW)}
