"""Which versions fit."""

import pytest

from meridian.toolchain import versions


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("terragrunt version v1.1.3\n", (1, 1, 3)),
        ('{"terraform_version": "1.11.4"}', (1, 11, 4)),
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("v22.20.0\n", (22, 20, 0)),
        ("uv 0.13.9 (x86_64-unknown-linux-gnu)", (0, 13, 9)),
        ("git version 2.39.5 (Apple Git-154)", (2, 39, 5)),
        ("terragrunt version v1.1.3-rc1", None),
        ("go version devel +abc", None),
        ("", None),
    ],
)
def test_the_version_in_a_tools_answer_is_found(answer: str, version: versions.Version | None) -> None:
    assert versions.parse(answer) == version


def test_a_later_version_fits_and_an_earlier_one_does_not() -> None:
    rule = versions.at_least("1.11")
    assert [rule(found) for found in ((1, 11, 0), (1, 12, 1), (2, 0, 0))] == [True, True, True]
    assert [rule(found) for found in ((1, 9, 8), (1, 10, 99), (0, 99))] == [False, False, False]


def test_only_the_same_line_of_releases_fits() -> None:
    rule = versions.same("1.1.3", 2)
    assert [rule(found) for found in ((1, 1, 0), (1, 1, 9))] == [True, True]
    assert [rule(found) for found in ((1, 10, 0), (1, 2, 0), (2, 1, 3))] == [False, False, False]


def test_a_rule_about_no_version_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="not a version"):
        versions.at_least("latest")
