"""DBdeltree: forget a family of the database."""

from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, application


@application("DBdeltree", see="DB, DB_DELETE, DB_KEYS")
async def db_deltree(chan: Channel, family: Text) -> None:
    """Delete a family of the database with all its keys, or what begins with family/key.

    Args:
        family: family, or family/key.
    Compat: app_db.
    """
    await chan.switch.database.delete_tree(family.strip("/"))
