"""What services do while a drill has taken a region, its tables or the edge away from the local AWS."""

import re
from functools import wraps
from pathlib import Path
from typing import Any

from meridian.local.lost import EDGE, TABLES, lost_region

CALLS_OF_ITEMS = re.compile(r".*Items?|.*Statement|.*Transaction|Query|Scan")


def apply_lost(folder: Path) -> None:
    """Patch the MiniStack modules of this process, which has its files in `folder`."""
    from ministack.services import cloudfront, cognito, dynamodb

    lost_regions_sign_nobody_in(cognito, folder)
    lost_tables_are_throttled(dynamodb, folder)
    lost_edges_answer_503(cloudfront, folder)


def lost_regions_sign_nobody_in(cognito: Any, folder: Path) -> None:
    """Answer 503 for every call of a user pool whose region is taken away; in AWS a lost region answers nothing.

    The keys of a pool stay readable: API Gateway has them in its cache.
    """
    dispatch = cognito._dispatch_idp

    @wraps(dispatch)
    async def dispatch_idp(action: str, data: Any) -> Any:
        if lost := lost_region(folder):
            if action in cognito._UNSIGNED_IDP_ACTIONS:
                cognito._pin_unsigned_idp_scope(data)
            if cognito.get_region() == lost:
                return cognito.error_response_json("ServiceUnavailable", f"{lost} is taken away by a drill.", 503)
        return await dispatch(action, data)

    cognito._dispatch_idp = dispatch_idp


def lost_tables_are_throttled(dynamodb: Any, folder: Path) -> None:
    """Refuse the calls of items in a region whose tables are taken away, as AWS does with a table that is overrun."""
    handle = dynamodb.handle_request

    @wraps(handle)
    async def handle_request(method: str, path: str, headers: Any, *request: Any) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        lost = lost_region(folder, TABLES)
        if lost and lost == dynamodb.get_region() and CALLS_OF_ITEMS.fullmatch(action):
            reason = "Throughput exceeds the current capacity of your table or index."
            return dynamodb.error_response_json("ThrottlingException", reason, 400)
        return await handle(method, path, headers, *request)

    dynamodb.handle_request = handle_request


def lost_edges_answer_503(cloudfront: Any, folder: Path) -> None:
    """Answer 503 for every call of a distribution while the edge is taken away; its settings can be read."""
    serve = cloudfront.handle_viewer_request

    @wraps(serve)
    async def handle_viewer_request(*request: Any) -> Any:
        if lost_region(folder, EDGE):
            return cloudfront._cf_error_response(503, "The edge is taken away by a drill.", cloudfront._ERROR_X_CACHE)
        return await serve(*request)

    cloudfront.handle_viewer_request = handle_viewer_request
