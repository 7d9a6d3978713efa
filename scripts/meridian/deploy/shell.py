"""A target's variables as shell commands, for plain Terragrunt."""

import os
import shlex

from meridian.targets import Target, foreign


def exports(target: Target) -> str:
    """Return `unset` and `export` lines for a POSIX shell; can be evaluated twice."""
    ours = target.variables(os.environ)
    lines = [f"unset {name}" for name in sorted(foreign(target.kind, os.environ) - ours.keys())]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in sorted(ours.items())]
    return "\n".join(lines)
