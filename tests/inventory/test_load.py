"""Loading inventories: the good one as facts, the bad ones refused with every line of the message."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from meridian.errors import CouldNotTell, Exit, UserError, combine_errors
from meridian.inventory.load import load_inventory
from meridian.inventory.model import Region
from tests.render.world import MINIMAL, make, make_released, write_inventory

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "bad.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository without git whose inventory a test may replace."""
    return make(tmp_path_factory.mktemp("world") / "repository")


def message(root: Path, text: str) -> str:
    """Return what loading an inventory is refused with."""
    write_inventory(root, text)
    with pytest.raises(UserError) as caught:
        load_inventory(root / "live" / "inventory.yaml")
    assert caught.value.code == Exit.USAGE
    return caught.value.message


@pytest.mark.parametrize("case", [pytest.param(case, id=case["rule"]) for case in CASES])
def test_a_bad_inventory_is_refused(repository: Path, case: dict[str, Any]) -> None:
    """Every problem has its line, its key path, what is wrong and what would be right."""
    text = MINIMAL
    for old, new in case["change"]:
        assert old in text, case["rule"]
        text = text.replace(old, new, 1)
    assert message(repository, text).split("\n") == [f"live/inventory.yaml:{line}" for line in case["says"]]


@pytest.mark.parametrize("text", ["", "- a\n", "hello\n", "# nothing\n"], ids=["empty", "list", "text", "comment"])
def test_a_file_without_a_map_is_refused(repository: Path, text: str) -> None:
    """The whole file must be a map."""
    assert message(repository, text) == "live/inventory.yaml:1: must be a map of keys to values."


def test_bytes_that_are_not_utf_8_are_refused(repository: Path) -> None:
    """The line of the first bad byte is named."""
    (repository / "live" / "inventory.yaml").write_bytes(b"project: demo\nrepository: \xff\n")
    with pytest.raises(UserError, match=r"live/inventory\.yaml:2: is not UTF-8 text\."):
        load_inventory(repository / "live" / "inventory.yaml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """No traceback for a file that is not there."""
    with pytest.raises(UserError, match=r"inventory\.yaml: cannot be read: No such file or directory\."):
        load_inventory(tmp_path / "live" / "inventory.yaml")


def test_a_good_inventory_becomes_facts(tmp_path: Path) -> None:
    """Names, account, partition and layers are as written."""
    text = MINIMAL.replace(
        "us-east-1: {}", "us-east-1: {}\n      eu-west-1: {throttle: {rate: 3}, reason: Fewer people}"
    )
    inventory = load_inventory(make(tmp_path / "repository", text) / "live" / "inventory.yaml")
    dev = inventory.environment("dev")
    assert (inventory.project, inventory.defaults) == ("demo", {"throttle": {"rate": 10, "burst": 5}})
    assert (dev.account_id, dev.partition, dev.prefix, dev.versions) == ("100000000001", "aws", "demo-dev", None)
    assert not dev.protected
    assert dev.regions == (
        Region("us-east-1", {}, None),
        Region("eu-west-1", {"throttle": {"rate": 3}}, "Fewer people"),
    )


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        pytest.param(
            "{web: 1.0.0}", "web 1.0.0 needs 'directory', which has no version here.", id="a need without one"
        ),
        pytest.param(
            "{directory: 1.0.0, store: 1.0.0, web: 1.1.0}",
            "environments.dev.versions.web: web 1.1.0 is not in modules/releases.yaml. Released: 1.0.0, 2.0.0.",
            id="a version that was not released",
        ),
        pytest.param(
            "{directory: 1.0.0, store: 1.0.0}\n    throttle: {rate: 3}",
            "throttle: web reads it, and has no version here: add it to 'versions'.",
            id="a setting of a module without one",
        ),
        pytest.param(
            "{wbe: 1.0.0}", "no version of 'wbe' is in modules/releases.yaml. Did you mean 'web'?", id="misspelt"
        ),
    ],
)
def test_pins_must_be_released_and_complete(tmp_path: Path, versions: str, expected: str) -> None:
    """What a pinned environment lacks is said at its line."""
    root = make_released(tmp_path / "repository")
    assert expected in message(root, MINIMAL.replace("working-tree", versions))


def test_a_setting_that_a_pinned_version_does_not_know(tmp_path: Path) -> None:
    """An error where the environment sets it, fine where it comes from the defaults."""
    pins = "{directory: 1.0.0, store: 1.0.0, web: 1.0.0}"
    text = MINIMAL.replace("working-tree", pins).replace("burst: 5}", "burst: 5}\n  logs: {detailed: true}")
    root = make_released(tmp_path / "repository", text)
    assert load_inventory(root / "live" / "inventory.yaml").defaults["logs"] == {"detailed": True}
    wrong = message(root, text.replace(f"versions: {pins}", f"versions: {pins}\n    logs: {{detailed: true}}"))
    assert wrong == (
        "live/inventory.yaml:11: environments.dev.logs.detailed: web 1.0.0: there is no such key. "
        "Known here: retention_days."
    )


def test_loading_starts_fast() -> None:
    """Nothing slow is imported: no boto3, botocore, Pydantic, HCL parser or template engine."""
    code = (
        "import sys, meridian.inventory.load;"
        "print(*sorted({'boto3', 'botocore', 'pydantic', 'hcl2', 'jinja2', 'rich', 'ruamel'} & sys.modules.keys()))"
    )
    scripts = Path(__file__).parents[2] / "scripts"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(scripts)}
    )
    assert done.stdout.strip() == ""


def test_a_working_tree_that_cannot_be_read_stops_pinned_environments_too(tmp_path: Path) -> None:
    """The defaults are checked against it."""
    pins = "{directory: 1.0.0, store: 1.0.0, web: 1.0.0}"
    root = make_released(tmp_path / "repository")
    (root / "modules/web/unit.yaml").write_text("placement: nowhere\n", encoding="utf-8")
    assert "'nowhere' is not a placement" in message(root, MINIMAL.replace("working-tree", pins))


def test_a_limit_counts_at_the_version_that_has_it(tmp_path: Path) -> None:
    """A version without the validation accepts the value; modules with one message share its line."""
    root = make_released(tmp_path / "repository")
    old, new = (f"{{directory: 1.0.0, store: 1.0.0, web: {version}}}" for version in ("1.0.0", "2.0.0"))
    text = MINIMAL.replace("versions: working-tree", "versions: working-tree\n    logs: {retention_days: 31}")
    assert load_inventory(write_inventory(root, text.replace("working-tree", old)) / "live/inventory.yaml")
    assert message(root, text.replace("working-tree", new)) == (
        "live/inventory.yaml:10: environments.dev.logs.retention_days: web 2.0.0: "
        "31 is not accepted. Use 1, 7, 14, 30 or 365 days."
    )
    both = MINIMAL.replace("working-tree", new).replace("rate: 10,", "rate: 0,")
    assert message(root, both) == (
        "live/inventory.yaml:4: defaults.throttle.rate: web (working tree), web 2.0.0: "
        "0 is not accepted. Use a rate from 1 to 10000."
    )


def test_an_environment_is_found_by_its_name(tmp_path: Path) -> None:
    """Another name lists those there are."""
    inventory = load_inventory(make(tmp_path / "repository") / "live" / "inventory.yaml")
    assert inventory.environment("dev").region_names == ("us-east-1",)
    assert inventory.environment("dev").lasting_region_names == ("us-east-1",)
    assert inventory.environment("dev").state_bucket == "demo-dev-state-100000000001"
    with pytest.raises(UserError, match="There is no environment 'prod'") as caught:
        inventory.environment("prod")
    assert caught.value.hint == "Use one of: dev."
    with pytest.raises(UserError, match=r"Which environment\?"):
        inventory.environment("")


def test_inventory_problems_come_before_module_problems(tmp_path: Path) -> None:
    """First what is wrong with the inventory, then the module's own error."""
    root = make(tmp_path / "repository")
    (root / "modules/web/unit.yaml").write_text("placement: nowhere\n", encoding="utf-8")
    assert message(root, MINIMAL.replace("us-east-1: {}", "us-est-1: {}")).startswith("live/inventory.yaml:8:")
    assert "modules/web/unit.yaml:1: placement: 'nowhere' is not a placement." in message(root, MINIMAL)


def test_a_working_tree_without_modules_is_refused(tmp_path: Path) -> None:
    """Every unit of the environment would go."""
    root = make_released(tmp_path / "repository")
    for file in (root / "modules").glob("*/unit.yaml"):
        file.unlink()
    pins = "{directory: 1.0.0, store: 1.0.0, web: 2.0.0}"
    text = MINIMAL + MINIMAL[MINIMAL.index("  dev:") :].replace("  dev:", "  prod:").replace("0001", "0002")
    found = message(root, text[: text.rindex("working-tree")] + pins + text[text.rindex("working-tree") + 12 :])
    assert found == (
        "live/inventory.yaml:9: environments.dev.versions: no module is checked out: "
        "modules/ has none with a unit.yaml."
    )


def test_problems_of_two_modules_are_reported_together(tmp_path: Path) -> None:
    """Also where two environments use them at different versions; each sentence once."""
    root = make_released(tmp_path / "repository")
    for module in ("store", "web"):
        (root / f"modules/{module}/unit.yaml").write_text("placement: nowhere\n", encoding="utf-8")
    second = MINIMAL[MINIMAL.index("  dev:") :].replace("  dev:", "  test:").replace("0001", "0002")
    assert [line.split(":")[0] for line in message(root, MINIMAL + second).split("\n") if "nowhere" in line] == [
        "modules/store/unit.yaml",
        "modules/web/unit.yaml",
    ]


def test_could_not_tell_comes_before_bad_input() -> None:
    """Problems that could not be seen cannot be fixed."""
    unknown = CouldNotTell("git is not installed")
    assert combine_errors([UserError("a"), unknown, UserError("b")]) is unknown
    both = combine_errors([UserError("a", "do this"), UserError("b", "do that"), UserError("a", "do this")])
    assert (both.message, both.hint, both.code) == ("a\nb", "do this\n  do that", Exit.USAGE)
