"""The options of `meridian scan`."""

import pytest

from meridian import cli
from meridian.errors import UserError
from meridian.gate import command


def test_modules_is_what_scan_does_without_an_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    targets: list[object] = []

    def look(_: object, target: object, *__: object, **___: object) -> None:
        targets.append(target)
        raise UserError("seen")

    monkeypatch.setattr(command, "scan_checkout", look)
    assert cli.main(["scan", "--modules"]) == 2
    assert cli.main(["scan"]) == 2
    assert targets == [None, None]


def test_modules_and_an_environment_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["scan", "--modules", "--env", "dev"]) == 2
    assert "--modules and --env exclude each other." in capsys.readouterr().err
