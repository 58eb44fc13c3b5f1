"""What runs here, and how the machine is doing: VERSION, SYSINFO."""

import ctypes
import os
import platform

from asterism import __version__
from asterism.runtime.channel import Channel
from asterism.runtime.declare import Text, function
from asterism.runtime.errors import ArgumentError

ASTERISK = (22, 10, 1)
"""The Asterisk whose dialplans run here unchanged: what VERSION tells those that ask for it."""


@function("IFMODULE")
def ifmodule(chan: Channel, modulename: Text = "") -> str:
    """Tell whether there is what a module of Asterisk's does: 1 or 0.

    Args:
        modulename: Such as `app_dial.so`, with or without its end; or a Python module's full name.
    Compat: func_module.
    """
    is_name = modulename.replace(".", "_").isidentifier()
    return "1" if is_name and chan.switch.serves_module(modulename) else "0"


@function("VERSION")
def version(chan: Channel, info: str = "") -> str:
    """Tell which Asterisk this stands for, so that dialplans that ask decide rightly.

    Args:
        info: ASTERISK_VERSION_NUM (such as 221001), BUILD_USER, BUILD_HOSTNAME, BUILD_MACHINE, BUILD_OS, BUILD_DATE,
            BUILD_KERNEL; the version with asterism's own behind it when left out.
    Compat: func_version. There is no build, so what is told of it is this machine.
    """
    facts = {
        "ASTERISK_VERSION_NUM": "".join(f"{part:02}" for part in ASTERISK),
        "BUILD_USER": "",
        "BUILD_HOSTNAME": platform.node(),
        "BUILD_MACHINE": platform.machine(),
        "BUILD_KERNEL": platform.release(),
        "BUILD_OS": platform.system(),
        "BUILD_DATE": "",
    }
    return facts.get(info, f"{'.'.join(map(str, ASTERISK))}-asterism-{__version__}")


class _SystemInfo(ctypes.Structure):
    """Linux's `struct sysinfo`."""

    _fields_ = (
        ("uptime", ctypes.c_long),
        ("loads", ctypes.c_ulong * 3),
        *((f"{name}ram", ctypes.c_ulong) for name in ("total", "free", "shared", "buffer")),
        ("totalswap", ctypes.c_ulong),
        ("freeswap", ctypes.c_ulong),
        ("procs", ctypes.c_ushort),
        ("pad", ctypes.c_ushort),
        ("totalhigh", ctypes.c_ulong),
        ("freehigh", ctypes.c_ulong),
        ("unit", ctypes.c_uint),
        ("reserved", ctypes.c_char * 64),
    )


@function("SYSINFO")
def sysinfo(chan: Channel, parameter: str) -> str:
    """Tell how the machine is doing.

    Args:
        parameter: loadavg, numcalls, uptime (hours), totalram, freeram, bufferram, totalswap, freeswap (KiB), numprocs.
    Compat: func_sysinfo. All but loadavg and numcalls is Linux's alone.
    """
    if parameter == "loadavg":
        return f"{os.getloadavg()[0]:f}"
    if parameter == "numcalls":
        return str(len(chan.switch.channels))
    info = _SystemInfo()
    ask = getattr(ctypes.CDLL(None), "sysinfo", None)
    if ask is None or ask(ctypes.byref(info)):
        raise ArgumentError("SYSINFO: this system does not tell")
    if parameter == "uptime":
        return str(info.uptime // 3600)
    if parameter == "numprocs":
        return str(info.procs)
    if parameter in ("totalram", "freeram", "bufferram", "totalswap", "freeswap"):
        return str(getattr(info, parameter) * info.unit // 1024)
    raise ArgumentError(f"SYSINFO: '{parameter}' is unknown")
