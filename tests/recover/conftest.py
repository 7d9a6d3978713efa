"""A target whose state bucket is in memory."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest

from meridian.recover import locks
from meridian.targets import Target
from tests.plans.conftest import environment, plan_json, save_plan, target

__all__ = ["environment", "plan_json", "save_plan", "target"]
BEGUN = datetime(2026, 1, 31, 12, tzinfo=UTC)


class NoSuchKey(Exception):
    """What S3 raises."""


@dataclass
class Pages:
    """A paginator with one page."""

    page: dict[str, Any]

    def paginate(self, **_: object) -> Iterator[dict[str, Any]]:
        """Yield the page."""
        yield self.page


@dataclass
class Bucket:
    """A versioned bucket: every write is a version, a deletion is a marker (None)."""

    versions: dict[str, list[bytes | None]] = field(default_factory=dict)

    class exceptions:
        """The errors of the client."""

        NoSuchKey = NoSuchKey

    def put_object(self, Key: str, Body: bytes, **_: object) -> None:
        """Write a version."""
        self.versions.setdefault(Key, []).append(Body)

    def delete_object(self, Key: str, **_: object) -> None:
        """Write a delete marker."""
        self.versions[Key].append(None)

    def get_object(self, Key: str, VersionId: str = "", **_: object) -> dict[str, Any]:
        """Return a version, or the newest one."""
        versions = self.versions.get(Key, [None])
        body = versions[int(VersionId)] if VersionId else versions[-1]
        if body is None:
            raise NoSuchKey(Key)
        return {"Body": io.BytesIO(body)}

    def get_paginator(self, operation: str) -> Pages:
        """Return what the bucket lists."""
        if operation == "list_objects_v2":
            return Pages({"Contents": [{"Key": key} for key, all_ in self.versions.items() if all_[-1] is not None]})
        rows = [
            {
                "Key": key,
                "VersionId": str(number),
                "IsLatest": number == len(all_) - 1,
                "LastModified": BEGUN + timedelta(minutes=number),
                "marker": body is None,
            }
            for key, all_ in self.versions.items()
            for number, body in enumerate(all_)
        ]
        return Pages(
            {"Versions": [r for r in rows if not r["marker"]], "DeleteMarkers": [r for r in rows if r["marker"]]}
        )


@pytest.fixture(autouse=True)
def only_own_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the processes that other programs of this machine run."""
    monkeypatch.setattr(locks.psutil, "process_iter", lambda: psutil.Process().children())


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """The state bucket of every target of a test; no other service answers."""
    found = Bucket()

    def client(_: Target, service: str, region: str | None = None) -> Bucket:
        assert service == "s3", (service, region)
        return found

    monkeypatch.setattr(Target, "client", client)
    return found


@pytest.fixture
def state() -> Callable[..., bytes]:
    """Make a state of version 4 with a resource for each (type, attributes)."""

    def make(*resources: tuple[str, dict[str, Any]], serial: int = 1, lineage: str = "one") -> bytes:
        rows = [
            {"mode": "managed", "type": kind, "name": "x", "instances": [{"attributes": attributes}]}
            for kind, attributes in resources
        ]
        return json.dumps({"version": 4, "serial": serial, "lineage": lineage, "resources": rows}).encode()

    return make
