"""The AWS provider: found where it lies, within bounds, and written down for Terraform."""

from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.toolchain import mirror, terraformrc
from meridian.toolchain.cache import platform_name

UNPACKED = f"{mirror.PROVIDER}/{mirror.VERSION}/{platform_name()}/terraform-provider-aws_v{mirror.VERSION}_x5"
ZIPPED = f"{mirror.PROVIDER}/terraform-provider-aws_{mirror.VERSION}_{platform_name()}.zip"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A machine with an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    return {"HOME": str(home), "XDG_DATA_DIRS": str(tmp_path / "data")}


def put(folder: Path, name: str = UNPACKED) -> Path:
    """Make a folder a mirror."""
    file = folder / name
    file.parent.mkdir(parents=True)
    file.touch()
    return folder


@pytest.mark.parametrize("name", [UNPACKED, ZIPPED], ids=["unpacked", "zipped"])
def test_a_mirror_that_the_variable_names_is_used(tmp_path: Path, environ: dict[str, str], name: str) -> None:
    folder = put(tmp_path / "named", name)
    assert mirror.find({**environ, mirror.VARIABLE: str(folder)}) == folder


@pytest.mark.parametrize(
    "other", ["", UNPACKED.replace("5.100.0", "5.99.0"), UNPACKED.replace(platform_name(), "plan9_mips")]
)
def test_a_named_folder_without_the_provider_is_refused(tmp_path: Path, environ: dict[str, str], other: str) -> None:
    folder = put(tmp_path / "named", other or "readme")
    with pytest.raises(UserError, match="there is no AWS provider"):
        mirror.find({**environ, mirror.VARIABLE: str(folder)})


@pytest.mark.parametrize(
    "place", [".terraform.d/plugins", ".local/share/terraform/plugins", ".terraform.d/plugin-cache"]
)
def test_the_places_in_the_home_are_searched(environ: dict[str, str], tmp_path: Path, place: str) -> None:
    folder = put(Path(environ["HOME"]) / place)
    assert mirror.find(environ, usual=tmp_path / "none") == folder


def test_the_plugin_cache_and_folders_below_the_usual_one_are_searched(environ: dict[str, str], tmp_path: Path) -> None:
    deep = put(tmp_path / "opt/vendor/plugins")
    assert mirror.find(environ, usual=tmp_path / "opt") == deep
    cached = put(tmp_path / "cache")
    assert mirror.find({**environ, "TF_PLUGIN_CACHE_DIR": str(cached)}, usual=tmp_path / "opt") == cached


def test_the_search_is_bounded_in_depth_number_and_by_links(environ: dict[str, str], tmp_path: Path) -> None:
    """A deep tree, a full one, and a link out of it end the search instead of prolonging it."""
    put(tmp_path / "opt/a/b/c")
    outside = put(tmp_path / "outside")
    (tmp_path / "opt/link").symlink_to(outside)
    assert mirror.find(environ, usual=tmp_path / "opt") is None
    full = tmp_path / "full"
    for number in range(mirror.MOST_FOLDERS + 50):
        (full / f"{number:04}").mkdir(parents=True)
    put(full / "9999")
    assert mirror.find(environ, usual=full) is None
    assert len(list(mirror.places(environ, full))) < mirror.MOST_FOLDERS + 10


def test_a_found_mirror_is_written_for_that_provider_alone(environ: dict[str, str], tmp_path: Path) -> None:
    folder = put(tmp_path / 'odd "${name}')
    decision = terraformrc.wanted({**environ, mirror.VARIABLE: str(folder)})
    terraformrc.write(tmp_path, decision)
    text = (tmp_path / "terraformrc").read_text()
    assert 'odd \\"$${name}"' in text
    assert text.count('["registry.terraform.io/hashicorp/aws"]') == 2
    assert terraformrc.is_current(tmp_path, decision)


def test_without_a_mirror_an_old_configuration_is_removed(tmp_path: Path) -> None:
    (tmp_path / "terraformrc").write_text("old")
    nothing = terraformrc.Wanted()
    assert not terraformrc.is_current(tmp_path, nothing)
    terraformrc.write(tmp_path, nothing)
    assert not (tmp_path / "terraformrc").exists()
    assert terraformrc.is_current(tmp_path, nothing)


def test_a_users_own_decision_about_providers_is_linked_not_replaced(environ: dict[str, str], tmp_path: Path) -> None:
    own = Path(environ["HOME"]) / ".terraformrc"
    own.write_text('# company\nprovider_installation {\n  network_mirror {\n    url = "x"\n  }\n}\n')
    put(Path(environ["HOME"]) / ".terraform.d/plugins")
    decision = terraformrc.wanted(environ)
    terraformrc.write(tmp_path, decision)
    assert (tmp_path / "terraformrc").readlink() == own.resolve()
    assert terraformrc.is_current(tmp_path, decision)


def test_a_shell_that_took_meridian_env_does_not_make_our_own_configuration_the_users(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """`meridian env` names our file in TF_CLI_CONFIG_FILE: linked to itself, nobody could read it any more."""
    named = {**environ, mirror.VARIABLE: str(put(tmp_path / "named"))}
    terraformrc.write(tmp_path, terraformrc.wanted(named))
    shell = {**environ, "TF_CLI_CONFIG_FILE": str(tmp_path / "terraformrc")}
    assert mirror.user_configuration(shell) is None
    own = Path(environ["HOME"]) / ".terraformrc"
    own.write_text("provider_installation {}\n")
    assert mirror.user_configuration(shell) == own.resolve()
    terraformrc.write(tmp_path, terraformrc.wanted(shell))
    assert mirror.user_configuration(shell) == own.resolve(), "a link of ours leads to the user's own file"


def test_the_variable_wins_over_the_users_configuration(environ: dict[str, str], tmp_path: Path) -> None:
    (Path(environ["HOME"]) / ".terraformrc").write_text("provider_installation {}\n")
    folder = put(tmp_path / "named")
    assert terraformrc.wanted({**environ, mirror.VARIABLE: str(folder)}).link is None


@pytest.mark.parametrize("text", ["", "# provider_installation {\n", 'credentials "a" {}\n'])
def test_a_configuration_that_decides_nothing_is_not_in_the_way(environ: dict[str, str], text: str) -> None:
    own = Path(environ["HOME"]) / "own.tfrc"
    own.write_text(text)
    assert mirror.user_configuration({**environ, "TF_CLI_CONFIG_FILE": str(own)}) is None


def test_a_configuration_that_does_not_exist_is_not_in_the_way(environ: dict[str, str]) -> None:
    assert mirror.user_configuration({**environ, "TF_CLI_CONFIG_FILE": "/does/not/exist"}) is None
