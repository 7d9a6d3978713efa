"""The console command with a spy in it: `spy.py FILE ARGUMENTS...` keeps the verifier's secrets in FILE."""

import json
import sys
from functools import wraps
from pathlib import Path
from typing import Any

from meridian import cli
from meridian.verify import user


def main(kept: Path, arguments: list[str]) -> int:
    """Run the command line; every address, password and token that signs in is appended to `kept`."""
    secrets: list[dict[str, str]] = []
    sign_in = user.sign_in

    @wraps(sign_in)
    def spied(run: Any, client_id: str, credentials: user.Credentials) -> user.Tokens:
        tokens = sign_in(run, client_id, credentials)
        values = {"address": credentials.address, "password": credentials.password}
        secrets.extend({"kind": kind, "value": value} for kind, value in values.items())
        secrets.extend({"kind": "token", "value": token} for token in (tokens.id, tokens.access, tokens.refresh))
        return tokens

    user.sign_in = spied
    code = cli.main(arguments)
    kept.write_text(json.dumps(secrets))
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
