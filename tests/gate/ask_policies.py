"""What the policies over IAM say of statements: run by Checkov's Python, with the folder of the policies as argument.

Reads a list of maps (function, facts, statements, more) from stdin and prints a list of answers: what is wrong, or an
empty string.
"""

import importlib
import json
import os
import sys
from typing import Any


def answer(question: dict[str, Any]) -> str:
    """Return what a policy says of statements under facts."""
    from _iam import read_policy

    os.environ["MERIDIAN_SCAN_FACTS"] = json.dumps(question["facts"])
    module, _, name = question["function"].partition(".")
    function = getattr(importlib.import_module(module), name)
    return str(function(read_policy({"Statement": question["statements"]}), *question["more"]))


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    print(json.dumps([answer(question) for question in json.load(sys.stdin)]))
