"""Actions on the database."""

from typing import TYPE_CHECKING

from asterism.runtime.actions.named import given
from asterism.runtime.declare import action
from asterism.runtime.request import Item, Response

if TYPE_CHECKING:
    from asterism.runtime.runtime import Runtime


@action("DBGet", privilege="system,reporting")
async def db_get(rt: "Runtime", family: str = "", key: str = "") -> Response:
    """Read a value."""
    given((family, "No family specified."), (key, "No key specified."))
    value = await rt.database.get(family, key)
    if value is None:
        return Response.error("Database entry not found")
    item = Item("DBGetResponse", [("Family", family), ("Key", key), ("Val", value)], marked_last=True)
    return Response.listing("Result will follow", [item], "DBGetComplete")


@action("DBGetTree", privilege="system,reporting")
async def db_get_tree(rt: "Runtime", family: str = "", key: str = "") -> Response:
    """Read all values below a family and key."""
    found = await rt.database.tree(f"{family}/{key}" if key else family)
    items = [
        Item("DBGetTreeResponse", [("Key", path), ("Val", value)], marked_last=True) for path, value in found.items()
    ]
    return Response.listing("Result will follow", items, "DBGetTreeComplete")


@action("DBPut", privilege="system")
async def db_put(rt: "Runtime", family: str = "", key: str = "", val: str = "") -> Response:
    """Store a value."""
    given((family, "No family specified"), (key, "No key specified"))
    await rt.database.put(family, key, val)
    return Response.success("Updated database successfully")


@action("DBDel", privilege="system")
async def db_del(rt: "Runtime", family: str = "", key: str = "") -> Response:
    """Delete a key."""
    given((family, "No family specified."), (key, "No key specified."))
    if not await rt.database.delete(family, key):
        return Response.error("Database entry could not be deleted")
    return Response.success("Key deleted successfully")


@action("DBDelTree", privilege="system")
async def db_del_tree(rt: "Runtime", family: str = "", key: str = "") -> Response:
    """Delete all keys below a family and key."""
    given((family, "No family specified."))
    count = await rt.database.delete_tree(f"{family}/{key}" if key else family)
    if not count:
        return Response.error("Database entry not found")
    return Response.success("Key tree deleted successfully")
