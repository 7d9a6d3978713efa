"""The AWS provider: a copy is found within bounds and configured for Terraform."""

from pathlib import Path

import pytest

from meridian.engines import TERRAFORM
from meridian.errors import UserError
from meridian.toolchain import provider
from meridian.toolchain.cache import platform_name

UNPACKED = f"{TERRAFORM.provider}/{provider.VERSION}/{platform_name()}/terraform-provider-aws_v{provider.VERSION}_x5"
ZIPPED = f"{TERRAFORM.provider}/terraform-provider-aws_{provider.VERSION}_{platform_name()}.zip"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A machine with an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    return {"HOME": str(home), "XDG_DATA_DIRS": str(tmp_path / "data")}


def put(folder: Path, name: str = UNPACKED) -> Path:
    """Make a folder a provider."""
    file = folder / name
    file.parent.mkdir(parents=True)
    file.touch()
    return folder


@pytest.mark.parametrize("name", [UNPACKED, ZIPPED], ids=["unpacked", "zipped"])
def test_a_mirror_that_the_variable_names_is_used(tmp_path: Path, environ: dict[str, str], name: str) -> None:
    folder = put(tmp_path / "named", name)
    assert provider.find_mirror({**environ, provider.VARIABLE: str(folder)}) == folder


@pytest.mark.parametrize("wanted", [provider.VERSION, platform_name()], ids=["version", "platform"])
def test_a_named_folder_with_another_provider_is_refused(tmp_path: Path, environ: dict[str, str], wanted: str) -> None:
    folder = put(tmp_path / "named", UNPACKED.replace(wanted, "other"))
    with pytest.raises(UserError, match="is not in this folder"):
        provider.find_mirror({**environ, provider.VARIABLE: str(folder)})


@pytest.mark.parametrize(
    "place", [".terraform.d/plugins", ".local/share/terraform/plugins", ".terraform.d/plugin-cache"]
)
def test_the_places_in_the_home_are_searched(environ: dict[str, str], tmp_path: Path, place: str) -> None:
    folder = put(Path(environ["HOME"]) / place)
    assert provider.find_mirror(environ, usual=tmp_path / "none") == folder


def test_the_plugin_cache_and_folders_below_the_usual_one_are_searched(environ: dict[str, str], tmp_path: Path) -> None:
    deep = put(tmp_path / "opt/vendor/plugins")
    assert provider.find_mirror(environ, usual=tmp_path / "opt") == deep
    cached = put(tmp_path / "cache")
    assert provider.find_mirror({**environ, "TF_PLUGIN_CACHE_DIR": str(cached)}, usual=tmp_path / "opt") == cached


def test_a_found_mirror_is_written_for_that_provider_alone(environ: dict[str, str], tmp_path: Path) -> None:
    folder = put(tmp_path / 'odd "name')
    decision = provider.choose_provider({**environ, provider.VARIABLE: str(folder)})
    provider.write(tmp_path, decision)
    text = (tmp_path / "terraformrc").read_text()
    assert 'odd \\"name"' in text
    assert text.count('["registry.terraform.io/hashicorp/aws"]') == 2


def test_without_a_mirror_an_old_configuration_is_removed(tmp_path: Path) -> None:
    (tmp_path / "terraformrc").write_text("old")
    provider.write(tmp_path, None)
    assert not (tmp_path / "terraformrc").exists()


def test_the_users_own_configuration_is_linked_not_replaced(environ: dict[str, str], tmp_path: Path) -> None:
    own = Path(environ["HOME"]) / ".terraformrc"
    own.write_text('# company\nprovider_installation {\n  network_mirror {\n    url = "x"\n  }\n}\n')
    put(Path(environ["HOME"]) / ".terraform.d/plugins")
    decision = provider.choose_provider(environ)
    provider.write(tmp_path, decision)
    assert (tmp_path / "terraformrc").readlink() == own.resolve()


def test_our_configuration_in_a_shell_of_meridian_env_is_not_the_users(environ: dict[str, str], tmp_path: Path) -> None:
    """`meridian env` sets TF_CLI_CONFIG_FILE to our file: a link to itself would be unreadable."""
    named = {**environ, provider.VARIABLE: str(put(tmp_path / "named"))}
    provider.write(tmp_path, provider.choose_provider(named))
    shell = {**environ, "TF_CLI_CONFIG_FILE": str(tmp_path / "terraformrc")}
    assert provider.user_configuration(shell) is None
    own = Path(environ["HOME"]) / ".terraformrc"
    own.write_text("provider_installation {}\n")
    assert provider.user_configuration(shell) == own.resolve()


def test_the_variable_wins_over_the_users_configuration(environ: dict[str, str], tmp_path: Path) -> None:
    (Path(environ["HOME"]) / ".terraformrc").write_text("provider_installation {}\n")
    folder = put(tmp_path / "named")
    assert isinstance(provider.choose_provider({**environ, provider.VARIABLE: str(folder)}), str)


def test_a_configuration_without_provider_installation_is_ignored(environ: dict[str, str]) -> None:
    own = Path(environ["HOME"]) / "own.tfrc"
    own.write_text('# provider_installation {\ncredentials "a" {}\n')
    assert provider.user_configuration({**environ, "TF_CLI_CONFIG_FILE": str(own)}) is None
