"""The few calls to the code host's API that the workflows need."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from meridian.errors import CouldNotTell, OperationFailed

SECONDS = 30.0
PAGE = 100


@dataclass(frozen=True)
class Api:
    """One repository on a code host, as GitHub Actions names it in the environment of a job."""

    url: str
    repository: str
    token: str

    def get(self, path: str, **parameters: int) -> Any:
        """Return what is at a path below the repository."""
        return self.ask("GET", path, parameters=parameters)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, parameters: Any = None) -> Any:
        """Return the JSON answer of a call; CouldNotTell without an answer, OperationFailed for a refusal.

        Source: GitHub, "Using the REST API", version 2022-11-28.
        """
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        try:
            answer = requests.request(
                method,
                f"{self.url}/repos/{self.repository}/{path}",
                json=body,
                params=parameters,
                headers=headers,
                timeout=SECONDS,
            )
        except requests.RequestException as error:
            raise CouldNotTell(f"The code host did not answer {method} {path}: {type(error).__name__}.") from error
        if not answer.ok:
            raise OperationFailed(
                f"The code host refused {method} {path}: {answer.status_code} {_message(answer)}",
                "Look at the job's permissions.",
            )
        try:
            return answer.json()
        except ValueError as error:
            raise CouldNotTell(f"The code host's answer to {method} {path} is not JSON.") from error


def from_environment(environ: Mapping[str, str] = os.environ) -> Api:
    """Return the repository that a job of GitHub Actions runs for; CouldNotTell outside of one."""
    names = ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN")
    if missing := [name for name in names if not environ.get(name)]:
        raise CouldNotTell(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            "This command runs in a job of GitHub Actions, with GITHUB_TOKEN in its environment.",
        )
    return Api(*(environ[name] for name in names))


def _message(answer: requests.Response) -> str:
    try:
        return str(answer.json()["message"])[:200]
    except (ValueError, KeyError, TypeError):
        return ""
