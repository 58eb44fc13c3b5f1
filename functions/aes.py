"""AES_ENCRYPT and AES_DECRYPT, by the C library of OpenSSL that Python itself is linked with."""

import base64
import ctypes
from functools import cache

from asterism.functions.digests import octets, text_of, unbase64
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.errors import ArgumentError

_BLOCK = 16
_LIBRARIES = ("libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so", "libcrypto.3.dylib", "libcrypto.dylib")


@function("AES_ENCRYPT", see="AES_DECRYPT, BASE64_ENCODE")
def aes_encrypt(chan: Channel, key: str, string: str) -> str:
    """Encrypt a text with AES, written in base64.

    Args:
        key: 16 octets.
        string: Any text but an empty one.
    Compat: func_aes: AES-128, each block for itself, the last filled with null octets. Equal blocks look equal; it
        hides nothing from somebody who can compare.
    """
    plain = octets(string)
    return base64.b64encode(_blocks(key, plain + bytes(-len(plain) % _BLOCK), encrypting=True)).decode()


@function("AES_DECRYPT", see="AES_ENCRYPT, BASE64_DECODE")
def aes_decrypt(chan: Channel, key: str, string: str) -> str:
    """Decrypt what AES_ENCRYPT made.

    Args:
        key: The 16 octets it was encrypted with.
        string: The base64.
    Compat: func_aes.
    """
    raw = unbase64(string)
    return text_of(_blocks(key, raw + bytes(-len(raw) % _BLOCK), encrypting=False))


def _blocks(key: str, raw: bytes, encrypting: bool) -> bytes:
    secret = octets(key)
    if len(secret) != _BLOCK:
        raise ArgumentError(f"the key has {len(secret)} octets instead of {_BLOCK}")
    if not raw:
        raise ArgumentError("a text is needed")
    library = _library()
    context = library.EVP_CIPHER_CTX_new()
    result, length = ctypes.create_string_buffer(len(raw) + _BLOCK), ctypes.c_int()
    try:
        cipher = library.EVP_aes_128_ecb()
        done = (
            library.EVP_CipherInit_ex(context, cipher, None, secret, None, int(encrypting))
            and library.EVP_CIPHER_CTX_set_padding(context, 0)
            and library.EVP_CipherUpdate(context, result, ctypes.byref(length), raw, len(raw))
        )
    finally:
        library.EVP_CIPHER_CTX_free(context)
    if not done:
        raise ArgumentError("OpenSSL refuses AES-128 here")
    return result.raw[: length.value]


@cache
def _library() -> ctypes.CDLL:
    for name in _LIBRARIES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        for maker in (library.EVP_CIPHER_CTX_new, library.EVP_aes_128_ecb):
            maker.argtypes, maker.restype = [], ctypes.c_void_p
        pointer = ctypes.c_void_p
        library.EVP_CIPHER_CTX_free.argtypes = [pointer]
        library.EVP_CIPHER_CTX_set_padding.argtypes = [pointer, ctypes.c_int]
        library.EVP_CipherInit_ex.argtypes = [pointer, pointer, pointer, ctypes.c_char_p, pointer, ctypes.c_int]
        library.EVP_CipherUpdate.argtypes = [pointer, pointer, pointer, ctypes.c_char_p, ctypes.c_int]
        return library
    raise ArgumentError("AES needs OpenSSL's libcrypto, which is not installed")
