"""The page: hostile texts stay text, nothing is loaded, and what could not be told is on top."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from meridian.page.facts import Change, Fact, LastPlan
from meridian.page.html import LISTED, render_page
from tests.page.sample import HOSTILE, SVG, make_busy_facts, make_facts


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.text += data

    def all(self, name: str) -> list[dict[str, Any]]:
        """Return the attributes of every element of a kind."""
        return [attributes for tag, attributes in self.elements if tag == name]


def test_hostile_texts_are_shown_and_do_nothing(tmp_path: Path) -> None:
    page = Page(render_page(make_busy_facts(tmp_path), tmp_path))
    assert page.all("script") == []
    assert page.text.count(HOSTILE) == 8
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]


def test_nothing_is_loaded(tmp_path: Path) -> None:
    """Every address is a part of the page, or the picture in it; the policy allows no more."""
    page = Page(render_page(make_busy_facts(tmp_path), tmp_path))
    assert {one["href"][0] for one in page.all("a")} == {"#"}
    assert {one["href"][1:] for one in page.all("a")} <= {one.get("id") for _, one in page.elements}
    (picture,) = page.all("img")
    assert base64.b64decode(picture["src"].removeprefix("data:image/svg+xml;base64,")).decode() == SVG
    assert page.all("link") == []


def test_the_policy_allows_the_own_styles_alone(tmp_path: Path) -> None:
    text = render_page(make_facts(), tmp_path)
    (policy,) = [one["content"] for one in Page(text).all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    styles = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()
    assert [one.split() for one in policy.split(";")] == [
        ["default-src", "'none'"],
        ["style-src", f"'sha256-{digest}'"],
        ["img-src", "data:"],
        ["base-uri", "'none'"],
        ["form-action", "'none'"],
    ]
    assert len(styles) == 1


def test_what_could_not_be_told_comes_first(tmp_path: Path) -> None:
    busy, calm = make_busy_facts(tmp_path), make_facts()
    text = Page(render_page(busy, tmp_path)).text
    sentence = "health of eu-west-1: Not reached: eu-west-1/compute: output 'api_id' is missing."
    assert busy.untold[0] == sentence
    assert text.index(sentence) < text.index("Last plan")
    assert calm.untold == []
    assert "could not be told" not in Page(render_page(calm, tmp_path)).text


def test_long_lists_name_the_file_that_has_the_rest(tmp_path: Path) -> None:
    rows = tuple(Change("eu-west-1: data", "create", f"aws_x.y{number}") for number in range(LISTED + 3))
    found = replace(make_facts(), plan=LastPlan(Fact("note", "Many."), (), rows))
    text = Page(render_page(found, tmp_path)).text
    assert "3 more are in out/plan.md." in text
    assert f"aws_x.y{LISTED - 1}" in text
    assert f"aws_x.y{LISTED} " not in text


def test_an_expired_waiver_says_so(tmp_path: Path) -> None:
    text = Page(render_page(make_busy_facts(tmp_path), tmp_path)).text
    assert "✕ Problem expired 2026-01-29" in text
    assert "5 days left, until 2026-02-05" in text


def test_a_region_without_a_place_is_listed(tmp_path: Path) -> None:
    text = Page(render_page(make_busy_facts(tmp_path), tmp_path)).text
    assert "us-gov-west-1 is not on the map: AWS names no place for it." in text
    assert "not on the map" not in Page(render_page(make_facts(), tmp_path)).text
