"""The regions of AWS and their partitions, from the list that botocore carries."""

import importlib.util
import json
from functools import cache
from pathlib import Path


@cache
def partitions() -> dict[str, str]:
    """Return the partition of every region, e.g. {"us-east-1": "aws", "cn-north-1": "aws-cn"}.

    Source: botocore/data/partitions.json, read without importing botocore, which is slow to start.
    """
    found = importlib.util.find_spec("botocore")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("botocore", name="botocore")
    text = (Path(found.submodule_search_locations[0]) / "data" / "partitions.json").read_text(encoding="utf-8")
    return {
        region: partition["id"]
        for partition in json.loads(text)["partitions"]
        for region in partition["regions"]
        # Pseudo regions such as aws-global stand for services without a region.
        if not region.endswith("-global")
    }
