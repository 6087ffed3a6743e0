"""Which names of text encodings an upload may use, and Python's own name of each."""

import codecs
import encodings
import pkgutil
import re
from encodings.aliases import aliases

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,31}").fullmatch
# Codecs that no file uses; some of them take quadratic time.
NO_ENCODINGS = {"idna", "mbcs", "oem", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"}

KNOWN = {*aliases, *aliases.values(), *(module.name for module in pkgutil.iter_modules(encodings.__path__))}


def canonical_name(name: str) -> str:
    """Python's name of the encoding. Raises ValueError for an unknown one."""
    try:
        # Checked first, because Python caches every name it ever looked up.
        if not NAME(name) or encodings.normalize_encoding(name).lower() not in KNOWN:
            raise LookupError
        codec = codecs.lookup(name)
        if codec.name.replace("-", "_") in NO_ENCODINGS or codec.incrementaldecoder is None:
            raise LookupError
        # Raises for codecs that turn bytes into bytes.
        "".encode(name)
    except LookupError:
        raise ValueError(f"must be a known text encoding; {name!r} is not") from None
    # The CSV reader removes a byte order mark in any encoding.
    return "utf-8" if codec.name == "utf-8-sig" else codec.name
