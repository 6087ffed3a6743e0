"""Read settings from environment variables. An invalid value stops the start instead of being guessed at."""

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_network

from django.core.exceptions import ImproperlyConfigured


def env_text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def env_bool(name: str, default: bool) -> bool:
    value = env_text(name, str(default)).lower()
    if value not in {"true", "1", "yes", "false", "0", "no"}:
        raise ImproperlyConfigured(f"{name} must be True or False, got {value!r}.")
    return value in {"true", "1", "yes"}


def env_int(name: str, default: int) -> int:
    value = env_text(name, str(default)).replace("_", "")
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, got {value!r}.")
    return int(value)


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in env_text(name, default).split(",") if item.strip()]


def env_networks(name: str, default: str) -> list[IPv4Network | IPv6Network]:
    try:
        return [ip_network(item) for item in env_list(name, default)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be networks such as 10.0.0.0/8, but {error}.") from None


def env_keys(name: str) -> list[str]:
    keys = env_list(name)
    for place, key in enumerate(keys, start=1):
        # Not quoted: it may be a real key with a typo.
        if not re.fullmatch("[A-Za-z0-9_-]{43}=", key):
            raise ImproperlyConfigured(f"Key {place} of {name} must be 32 bytes in URL-safe base64.")
    return keys
