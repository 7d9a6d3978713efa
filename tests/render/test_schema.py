"""The schema for editors agrees with the loader."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from meridian.modules.library import Library
from meridian.render import schema
from tests.render.world import make

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parent / "golden"


def exported(root: Path) -> dict[str, Any]:
    """Return the schema for the modules of a repository."""
    parsed: dict[str, Any] = json.loads(schema.format_schema(Library(root).in_use()))
    return parsed


def test_settings_have_the_types_of_their_modules(tmp_path: Path) -> None:
    """Maps, lists, optional attributes and descriptions."""
    defaults = exported(make(tmp_path / "repository"))["properties"]["defaults"]["properties"]
    assert sorted(defaults) == ["labels", "limits", "logs", "origins", "rules", "throttle"]
    assert defaults["labels"]["additionalProperties"] == {"type": "string"}
    assert defaults["rules"]["type"] == "array"
    assert defaults["rules"]["items"]["properties"]["days"] == {"type": "number"}
    assert defaults["throttle"]["description"] == "How many requests a second it takes."
    assert defaults["throttle"]["additionalProperties"] is False


def test_settings_have_the_limits_of_their_modules(tmp_path: Path) -> None:
    """An editor refuses what the loader would refuse."""
    defaults = exported(make(tmp_path / "repository"))["properties"]["defaults"]["properties"]
    assert defaults["throttle"]["properties"]["rate"] == {"type": "number", "minimum": 1, "maximum": 10000}
    assert defaults["throttle"]["properties"]["burst"]["type"] == "integer"
    assert defaults["logs"]["properties"]["retention_days"]["enum"] == [1, 7, 14, 30, 365]
    assert defaults["origins"]["items"] == {"type": "string", "pattern": "^https://[a-z.]+$"}
    assert defaults["rules"]["items"]["properties"]["kind"]["enum"] == ["short", "long", "default"]


def test_every_kind_of_type_has_a_schema(tmp_path: Path) -> None:
    """Values of any type as well, which tuples count as."""
    root = make(tmp_path / "repository")
    file = root / "modules/store/variables.tf"
    text = file.read_text(encoding="utf-8")
    assert "= map(string)" in text
    file.write_text(text.replace("= map(string)", "= map(tuple([any, bool]))"), encoding="utf-8")
    labels = exported(root)["properties"]["defaults"]["properties"]["labels"]
    assert labels["additionalProperties"] == {}


def test_good_inventories_fit_the_schema(tmp_path: Path) -> None:
    """The inventories of the golden trees and the committed one."""
    fixtures = exported(make(tmp_path / "repository"))
    for case in GOLDEN.iterdir():
        fit(yaml.safe_load((case / "inventory.yaml").read_text(encoding="utf-8")), fixtures)
    fit(yaml.safe_load((ROOT / "live/inventory.yaml").read_text(encoding="utf-8")), exported(ROOT))


def test_the_committed_inventory_names_its_schema() -> None:
    """Its first line is what editors look for."""
    first = (ROOT / "live/inventory.yaml").read_text(encoding="utf-8").split("\n", 1)[0]
    assert first == f"# yaml-language-server: $schema={schema.FILE}"


def fit(value: Any, rule: dict[str, Any]) -> None:
    """Check the parts of JSON Schema that ours uses."""
    types = {"object": dict, "array": list, "string": str, "boolean": bool, "number": int | float}
    if "oneOf" in rule:
        rule = rule["oneOf"][1] if isinstance(value, dict) else rule["oneOf"][0]
    assert isinstance(value, types.get(rule.get("type", ""), object)), (value, rule)
    assert value in rule.get("enum", [value])
    assert value == rule.get("const", value)
    assert not isinstance(value, str) or re.search(rule.get("pattern", ""), value)
    for name in set(rule.get("required", ())):
        assert name in value
    if isinstance(value, dict):
        for key, item in value.items():
            inner = rule.get("properties", {}).get(key, rule.get("additionalProperties", {}))
            assert inner is not False, key
            fit(key, rule.get("propertyNames", {}))
            fit(item, inner)
    if isinstance(value, list) and "items" in rule:
        for item in value:
            fit(item, rule["items"])
