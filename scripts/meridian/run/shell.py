"""A target's variables as shell commands, for plain terragrunt by hand."""

import os
import shlex

from meridian.targets import Target


def exports(target: Target) -> str:
    """Return `unset` and `export` lines for a POSIX shell; safe to eval twice."""
    ours = target.variables(os.environ)
    lines = []
    if target.kind == "local":
        foreign = sorted(name for name in os.environ if name.startswith("AWS_") and name not in ours)
        lines += [f"unset {name}" for name in foreign]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in sorted(ours.items())]
    return "\n".join(lines)
