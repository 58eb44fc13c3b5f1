"""All channels of a runtime, by name."""

from collections.abc import Iterator, Mapping

from asterism.runtime.channel import Channel
from asterism.runtime.events import ChannelSnapshot


class Channels(Mapping[str, Channel]):
    """All channels by name, in order of creation."""

    def __init__(self) -> None:
        self._by_name: dict[str, Channel] = {}
        self._numbers = 0
        self.calls = 0
        "Calls under way as Asterisk counts them: channels that run the dialplan now."
        self.processed = 0
        "Calls so far: how often a channel has begun to run the dialplan."

    def __getitem__(self, name: str) -> Channel:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def find(self, text: str) -> Channel | None:
        """A channel by name in any case, or by unique id."""
        found = self._by_name.get(text)
        if found is not None:
            return found
        wanted = text.lower()
        for channel in self._by_name.values():
            if channel.name.lower() == wanted or channel.uniqueid == text:
                return channel
        return None

    def snapshots(self) -> list[ChannelSnapshot]:
        """What each is now."""
        return [channel.snapshot() for channel in self._by_name.values()]

    def new_call(self) -> str:
        """The id of a new call, `C-00000001`."""
        self._numbers += 1
        return f"C-{self._numbers:08x}"

    def add(self, channel: Channel) -> None:
        """A channel has been made."""
        self._by_name[channel.name] = channel

    def remove(self, channel: Channel) -> None:
        """A channel has ended."""
        self._by_name.pop(channel.name, None)

    def renamed(self) -> None:
        """A channel has another name now."""
        self._by_name = {channel.name: channel for channel in self._by_name.values()}

    def began(self) -> None:
        """A channel begins to run the dialplan."""
        self.calls += 1
        self.processed += 1

    def finished(self) -> None:
        """A channel has run the dialplan to its end."""
        self.calls -= 1
