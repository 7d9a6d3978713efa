"""The same resources in one Terraform root: a provider alias for each region, a module for each unit."""

import re
from pathlib import Path

from meridian.paths import PROVIDER_LOCK
from meridian.render.plan import UNIT
from meridian.targets import Target

FOLDER = "one-root"
_INPUTS = re.compile(r"^inputs = \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_DEPENDENCY = re.compile(r'^dependency "([^"]+)" \{\n  config_path = "([^"]+)"', re.MULTILINE)
_SOURCE = re.compile(r"modules//([a-z0-9-]+)")
HEAD = """\
terraform {{
  backend "s3" {{
    bucket         = "{bucket}"
    key            = "one-root/terraform.tfstate"
    region         = "{region}"
    use_lockfile   = true
    encrypt        = true
    use_path_style = true
  }}
}}
"""
PROVIDER = """
provider "aws" {{
  alias               = "{alias}"
  region              = "{region}"
  allowed_account_ids = ["{account}"]

  default_tags {{
    tags = {{ Region = "{region}" }}
  }}
}}
"""
MODULE = """
module "{name}" {{
  source    = "../modules/{module}"
  providers = {{ aws = aws.{alias} }}

{inputs}}}
"""


def write(target: Target) -> Path:
    """Write the root beside live/, from the rendered units, and return its folder."""
    live, environment = target.root / "live" / target.environment.name, target.environment
    folder = target.root / FOLDER
    folder.mkdir(exist_ok=True)
    text = HEAD.format(bucket=environment.state_bucket, region=environment.primary_region)
    for region in environment.region_names:
        text += PROVIDER.format(alias=_name(region), region=region, account=environment.account_id)
    for file in sorted(live.glob(f"*/*/{UNIT}")):
        text += _module(file.parent.relative_to(live).as_posix(), file.read_text(encoding="utf-8"))
    (folder / "main.tf").write_text(text, encoding="utf-8")
    (folder / PROVIDER_LOCK).write_bytes((live / PROVIDER_LOCK).read_bytes())
    return folder


def _module(unit: str, text: str) -> str:
    inputs = _INPUTS.findall(text)[0]
    for name, path in _DEPENDENCY.findall(text):
        # `../data` is of the same region, `../../us-east-1/identity` is not.
        region = unit.partition("/")[0] if path.count("/") == 1 else path.split("/")[2]
        inputs = inputs.replace(f"dependency.{name}.outputs.", f"module.{_name(f'{region}/{name}')}.")
    module = _SOURCE.findall(text)[0]
    return MODULE.format(name=_name(unit), module=module, alias=_name(unit.partition("/")[0]), inputs=inputs)


def _name(path: str) -> str:
    return path.replace("-", "_").replace("/", "_")
