"""How the methods of the client call the API."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import quote

from .connection import AsyncConnection

Item = TypeVar("Item")

_PAGE = 100


def to_path(text: str) -> str:
    """A part of a path."""
    return quote(text, safe="")


class AsyncCalls:
    """Calls that parse their answers.

    `kind` is the type of the answer, which the API guarantees and which is not checked.
    """

    _connection: AsyncConnection

    async def _call(
        self,
        kind: type[Item],
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Item:
        response = await self._connection.request(method, path, json=json, params=params, headers=headers)
        return cast(Item, response.json() if response.content else None)

    async def _by_cursor(
        self, kind: type[Item], path: str, filters: Mapping[str, Any], *, cursor: str = "cursor"
    ) -> AsyncGenerator[Item, None]:
        """All items of a list. The next page is requested when all items of the page before it were consumed."""
        params = {**filters, "limit": _PAGE}
        while True:
            page = await self._call(dict[str, Any], "GET", path, params=params)
            for item in page["items"]:
                yield item
            if page["next_cursor"] is None or page.get("has_more") is False:
                return
            params[cursor] = page["next_cursor"]

    async def _by_offset(self, kind: type[Item], path: str) -> AsyncGenerator[Item, None]:
        """The same by `offset`: when items are added or deleted meanwhile, some may be missed or returned twice."""
        offset = 0
        while True:
            page = await self._call(dict[str, Any], "GET", path, params={"offset": offset, "limit": _PAGE})
            for item in page["items"]:
                yield item
            offset += len(page["items"])
            if not page["items"] or offset >= page["total"]:
                return
