"""The schema of unit.yaml agrees with its reader."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from meridian.docs.unit_schema import format_unit_schema
from meridian.modules.manifest import _KEYS
from meridian.modules.sources import DECLARED_LISTS, ENVIRONMENT_FIELDS, ENVIRONMENT_LISTS, INVENTORY_FIELDS
from tests.modules.declared import ROOT

SCHEMA = json.loads(format_unit_schema())
GOOD = """\
placement: every_region
optional: true
rights: [{service: sqs, resource: "q:", apply: [CreateQueue], functions: [SendMessage]}]
functions: [orders]
needs: {data: same_region, queue: {placement: same_region, optional: true}}
inputs:
  queue: {arn: {output: queue.arn}, all: [{output: data.arn}]}
  queued: {deployed: queue}
  size: {setting: size, protected: {small: 1}}
"""


def test_it_has_the_keys_of_the_reader() -> None:
    assert set(SCHEMA["properties"]) == set(_KEYS)


def test_the_page_has_every_key_and_fact() -> None:
    page = (ROOT / "docs/modules.md").read_text(encoding="utf-8")
    facts = (*ENVIRONMENT_FIELDS, *ENVIRONMENT_LISTS, *DECLARED_LISTS, *INVENTORY_FIELDS)
    assert [key for key in _KEYS if f"| `{key}` |" not in page] == []
    assert [fact for fact in facts if f"`{fact}`" not in page and f": {fact}}}" not in page] == []


@pytest.mark.parametrize("file", [*ROOT.glob("modules/*/unit.yaml"), *ROOT.glob("tests/render/modules/*/unit.yaml")])
def test_it_accepts_every_module(file: Path) -> None:
    jsonschema.validate(yaml.safe_load(file.read_text(encoding="utf-8")), SCHEMA)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("every_region", "everywhere"),
        ("optional: true\n", "optional: maybe\n"),
        ("optional: true\n", "optional: protected\n"),
        ("optional: true\n", "optonal: true\n"),
        ("{placement: same_region, opt", "{place: same_region, opt"),
        ("{output: data.arn}", "{output: arn}"),
        ("deployed: queue", "deployed: Queue"),
        ("service: sqs", "service: iam"),
        ("[CreateQueue]", "[sqs:CreateQueue]"),
        ("[SendMessage]", "[]"),
        ("[orders]", "[Orders]"),
        ("setting: size, ", "setting: size, else: 1, "),
    ],
)
def test_it_refuses_what_the_reader_refuses(old: str, new: str) -> None:
    jsonschema.validate(yaml.safe_load(GOOD), SCHEMA)
    assert old in GOOD
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(GOOD.replace(old, new, 1)), SCHEMA)
