# cython: language_level=3, binding=True, embedsignature=False
"""The seam between the runtime and PJSIP's threads; _native.pyi describes every name."""

from collections import namedtuple
from collections.abc import Iterable

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.errno cimport errno
import os as _os

include "_native_api.pxi"
include "_native_records.pxi"
include "_native_identities.pxi"
include "_native_calls.pxi"
include "_native_audio.pxi"
