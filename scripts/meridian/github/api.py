"""The GitHub API, for the repository of the current job."""

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import requests

from meridian.errors import CouldNotTell, OperationFailed

SECONDS = 30.0
PAGE = 100
VARIABLES = ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN")


def call_github(method: str, path: str, body: Any = None, **parameters: int) -> Any:
    """Return the JSON answer of a call about the repository of the current GitHub Actions job; path "" is itself.

    Raises CouldNotTell outside of a job or without an answer, OperationFailed for a refusal.
    Source: GitHub, "Using the REST API", version 2022-11-28.
    """
    if missing := [name for name in VARIABLES if not os.environ.get(name)]:
        raise CouldNotTell(
            f"Not set: {', '.join(missing)}.",
            "Run this command in a job of GitHub Actions, with GITHUB_TOKEN in its environment.",
        )
    api, repository, token = (os.environ[name] for name in VARIABLES)
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    url = f"{api}/repos/{repository}/{path}".rstrip("/")
    try:
        answer = requests.request(method, url, json=body, params=parameters, headers=headers, timeout=SECONDS)
        if answer.ok:
            return answer.json()
    except requests.RequestException as error:
        raise CouldNotTell(f"GitHub gave no JSON answer to {method} {path}: {type(error).__name__}.") from error
    raise OperationFailed(
        f"GitHub refused {method} {path}: {answer.status_code} {' '.join(answer.text.split())[:200]}",
        "Check the permissions of the job.",
    )


def read_pages(path: str) -> Iterator[Any]:
    """Yield the entries of a list, page by page; raises what `call_github` does."""
    for page in count(1):
        found = call_github("GET", path, per_page=PAGE, page=page)
        yield from found
        if len(found) < PAGE:
            return
