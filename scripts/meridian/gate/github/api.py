"""The GitHub API, for one repository."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from meridian.errors import CouldNotTell, OperationFailed

SECONDS = 30.0
VARIABLES = ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN")


@dataclass(frozen=True)
class Api:
    """One repository, as the environment of a GitHub Actions job names it."""

    url: str
    repository: str
    token: str = field(repr=False)

    def call(self, method: str, path: str, body: Any = None, **parameters: int) -> Any:
        """Return the JSON answer of a call; raises CouldNotTell without an answer, OperationFailed for a refusal.

        Source: GitHub, "Using the REST API", version 2022-11-28.
        """
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        url = f"{self.url}/repos/{self.repository}/{path}"
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


def from_environment(environ: Mapping[str, str] = os.environ) -> Api:
    """Return the repository of the current GitHub Actions job; raises CouldNotTell outside of one."""
    if missing := [name for name in VARIABLES if not environ.get(name)]:
        raise CouldNotTell(
            f"Not set: {', '.join(missing)}.",
            "Run this command in a job of GitHub Actions, with GITHUB_TOKEN in its environment.",
        )
    return Api(*(environ[name] for name in VARIABLES))
