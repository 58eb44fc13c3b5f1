"""Master.csv, as every program that reads Asterisk's records knows it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from asterism.runtime.log import Log, escaped
from asterism.runtime.records.conf import Csv
from asterism.runtime.records.files import append
from asterism.runtime.records.record import CallRecord, moment


def quoted(text: str) -> str:
    """A text between quotation marks, those within doubled; a line break would tear the line and becomes a space."""
    return '"' + text.replace('"', '""').replace("\r", " ").replace("\n", " ") + '"'


class CsvBackend:
    """Writes Master.csv, and a file for each account. Meets `asterism.runtime.records.outlet.Backend`."""

    name = "csv"

    def __init__(self, folder: Path, settings: Csv, log: Log) -> None:
        self.folder = folder
        self.settings = settings
        self._log = log

    async def write(self, records: Sequence[CallRecord]) -> None:
        """Append a line for each record."""
        files: dict[str, list[str]] = {"Master": []}
        for record in records:
            line = self.line(record)
            files["Master"].append(line)
            account = record.accountcode
            if self.settings.accountlogs and account:
                if "/" in account or account.startswith(".") or "\0" in account:
                    self._log.warning(f"Account code '{escaped(account)}' cannot name a file of its own")
                else:
                    files.setdefault(account, []).append(line)
        await asyncio.to_thread(self._append, files)

    def _append(self, files: dict[str, list[str]]) -> None:
        for name, lines in files.items():
            append(self.folder / f"{name}.csv", lines)

    async def close(self) -> None:
        """Nothing is held open."""

    def line(self, record: CallRecord) -> str:
        """The line of a record."""
        settings = self.settings
        texts = (
            record.accountcode, record.src, record.dst, record.dcontext, record.clid, record.channel,
            record.dstchannel, record.lastapp, record.lastdata,
        )  # fmt: skip
        cells = [quoted(text) for text in texts]
        for seconds in (record.start_s, record.answer_s, record.end_s):
            cells.append(quoted(moment(seconds, utc=settings.usegmtime)) if seconds else "")
        cells += [str(record.duration), str(record.billsec), quoted(record.disposition.word)]
        cells.append(quoted(record.value("amaflags")))
        if settings.loguniqueid:
            cells.append(quoted(record.uniqueid))
        if settings.loguserfield:
            cells.append(quoted(record.userfield))
        if settings.newcdrcolumns:
            cells += [quoted(record.peeraccount), quoted(record.linkedid), str(record.sequence)]
        return ",".join(cells)
