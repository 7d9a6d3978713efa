"""A target's variables as shell commands, for plain Terragrunt."""

import os
import shlex

from meridian.errors import Exit, MeridianError
from meridian.options import HERE, EnvironmentArgument, RootOption, StateRegionOption, TargetOption
from meridian.resolve import resolve
from meridian.targets import Target, dropped_variables


def env(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    state_region: StateRegionOption = "",
) -> int:
    """Print the variables that plain Terragrunt needs in a shell.

    Example: eval "$(meridian env dev --target local)"
    """
    try:
        found = resolve(root, environment, target, state_region)
    except MeridianError:
        # `eval "$(...)"` sees only what is printed: printing nothing would look like success.
        print("false")
        raise
    print(exports(found))
    return Exit.OK


def exports(target: Target) -> str:
    """Return `unset` and `export` lines for a POSIX shell; can be evaluated twice."""
    ours = target.variables(os.environ)
    lines = [f"unset {name}" for name in sorted(dropped_variables(target.kind, os.environ) - ours.keys())]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in sorted(ours.items())]
    return "\n".join(lines)
