"""LOCK, TRYLOCK, UNLOCK: parts of the dialplan that one call at a time may be in."""

import asyncio
from dataclasses import dataclass, field

from asterism.runtime.channel import Channel
from asterism.runtime.declare import function

PATIENCE_S = 3.0
"""How long LOCK waits before it gives up: Asterisk's own bound against calls that wait for each other."""
_LOOK_AGAIN_S = 0.05
_MANY = 256


@dataclass
class _Lock:
    owner: Channel | None = None
    depth: int = 0
    waiting: list[Channel] = field(default_factory=list)
    "Who waits for it; whoever came first takes it first."


def _locks(chan: Channel) -> dict[str, _Lock]:
    """Return the locks that are held or waited for; one whose channel has ended is free."""
    found: dict[str, _Lock] = chan.switch.datastores.setdefault("locks", {})
    return found


def _forget_free(locks: dict[str, _Lock]) -> None:
    """Forget locks that ended calls have left behind, now and then: their names may be new in each call."""
    if len(locks) % _MANY == _MANY - 1:
        for name, lock in list(locks.items()):
            if not lock.waiting and (lock.owner is None or lock.owner.closed):
                del locks[name]


def _take(chan: Channel, name: str) -> bool:
    """Take a lock if it is free, or the channel's own already."""
    locks = _locks(chan)
    if name not in locks:
        _forget_free(locks)
    lock = locks.setdefault(name, _Lock())
    if lock.owner is chan:
        lock.depth += 1
        return True
    if (lock.owner is not None and not lock.owner.closed) or (lock.waiting and lock.waiting[0] is not chan):
        return False
    lock.owner, lock.depth = chan, 1
    return True


@function("LOCK", see="TRYLOCK, UNLOCK")
async def lock(chan: Channel, lockname: str = "") -> str:
    """Take a lock, waiting up to three seconds for it; 1 when it was taken, else 0.

    Args:
        lockname: Any name; calls that use the same name exclude each other.
    Compat: func_lock. A channel may take a lock again that it holds. It is free again after as many UNLOCKs, or when
        the call ends.
    """
    if _take(chan, lockname):
        return "1"
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    waiting = _locks(chan)[lockname].waiting
    waiting.append(chan)
    try:
        while not _take(chan, lockname):
            if loop.time() >= deadline:
                return "0"
            await asyncio.sleep(_LOOK_AGAIN_S)
        return "1"
    finally:
        waiting.remove(chan)


@function("TRYLOCK", see="LOCK, UNLOCK")
def trylock(chan: Channel, lockname: str = "") -> str:
    """Take a lock if it is free now; 1 when it was taken, else 0.

    Args:
        lockname: Any name.
    Compat: func_lock.
    """
    return "1" if _take(chan, lockname) else "0"


@function("UNLOCK", see="LOCK, TRYLOCK")
def unlock(chan: Channel, lockname: str = "") -> str:
    """Give a lock back; 1 when the channel held it, else 0.

    Args:
        lockname: The name it was taken by.
    Compat: func_lock.
    """
    locks = _locks(chan)
    lock = locks.get(lockname)
    if lock is None or lock.owner is not chan:
        chan.warn(f"UNLOCK: the channel does not hold '{lockname}'")
        return "0"
    lock.depth -= 1
    if not lock.depth:
        lock.owner = None
        if not lock.waiting:
            del locks[lockname]
    return "1"
