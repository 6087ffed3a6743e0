"""Validates the URL of a webhook as text, when it is saved; the network is not asked.

The canonical form is stored: host in lower case, international names in punycode, and nothing that two parsers could read
differently. hooks.http.ssrf checks the address again at every dial."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote

import idna
from django.conf import settings

from hooks.http.ssrf import Network, is_allowed
from hooks.secrets.redaction import REDACTED
from lib.errors import Explanation, Invalid

# As in hooks.models.
URL_MAX_LENGTH = 2000
HOST_MAX_LENGTH = 253
FORM = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?P<fragment>#?.*)"
)
AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(?::(?P<port>.*))?")
ESCAPED_CONTROL = re.compile(r"%(?:[01][0-9A-Fa-f]|7[Ff])")
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Names that only resolve inside a private network.
INNER_SUFFIXES = (
    *(".arpa", ".corp", ".home", ".internal", ".intranet", ".invalid", ".lan", ".local", ".localdomain"),
    *(".localhost", ".onion", ".private"),
)
PORTS = {"http": 80, "https": 443}
# All visible ASCII: existing escapes stay as they are, and only other characters are escaped.
SAFE_IN_TARGET = "".join(map(chr, range(0x21, 0x7F)))
LOWEST_FREE_PORT = 1024
# Ports above it of services that do not speak HTTP, or are internal.
SERVICE_PORTS = frozenset(
    (
        # Databases, caches, search.
        *(1433, 1434, 1521, 3306, 5432, 5433, 5984, 6379, 8086, 9042, 9200, 9300, 11211, 26379),
        *(27017, 27018, 27019),
        # Brokers, clusters, control planes.
        *(2181, 2375, 2376, 2379, 2380, 4369, 5671, 5672, 6443, 7000, 7001, 8500, 9092, 10250, 15672, 25672),
        # Mail, chat, telephones, files, printers, logs.
        *(2049, 4190, 5060, 5061, 6514, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 8125, 9100, 10080),
        # Proxies and remote desktops.
        *(1080, 1723, 3128, 3389, 5900, 5985, 5986, 6000),
    )
)


@dataclass(frozen=True)
class Rules:
    """Rules that depend on the deployment."""

    # Private networks that are allowed.
    allowed_networks: Sequence[Network] = ()
    https_only: bool = False
    # The hosts of this API; a leading dot includes all subdomains.
    own_hosts: Collection[str] = ()
    own_ports: Collection[int] = (80, 443)


class UrlError(Invalid, ValueError):
    """The URL cannot be used for a webhook."""

    codes = {
        "url.required": Explanation("The URL is blank.", "Send a URL."),
        "url.too_long": Explanation(f"The URL is longer than {URL_MAX_LENGTH:,} characters.", "Shorten it."),
        "url.form": Explanation("The URL is not valid.", "Use the form `https://shop.example.com/hook`."),
        "url.characters": Explanation(
            "The URL contains a space, a line break, a backslash or an invisible character.",
            "Remove or escape it.",
        ),
        "url.scheme": Explanation(
            "The URL does not begin with `https://` or `http://`.", "Send the complete URL."
        ),
        "url.https_only": Explanation(
            "The URL begins with `http://`, and `WEBHOOK_HTTPS_ONLY` is on.", "Use `https://`."
        ),
        "url.credentials": Explanation(
            "The URL contains a user name or password.", "Use a custom header, such as `Authorization`."
        ),
        "url.fragment": Explanation("The URL has a fragment (`#...`), which is never sent.", "Remove it."),
        "url.host": Explanation(
            "The host of the URL is invalid.", "Use a name, an IPv4 address, or an IPv6 address in brackets."
        ),
        "url.port": Explanation(
            "The port of the URL is not allowed.",
            "Use 80, 443 or a port above 1023 that is not reserved for another service.",
        ),
        "url.not_allowed": Explanation(
            "The URL points to an address that is not allowed, or to this server.",
            "Use a public address, or allow its network with `WEBHOOK_ALLOWED_NETWORKS`.",
        ),
        "url.redacted": Explanation(
            "The query of the URL is `***`.", "Omit the URL to keep it, or send it in full."
        ),
    }
    pointer = "/url"

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail, code=code)


def check_url(text: str, rules: Rules) -> str:
    """Return the canonical form to store. Raises UrlError."""
    if text.endswith(f"?{REDACTED}"):
        raise UrlError(
            "url.redacted", "The query of this URL is redacted. Omit the URL to keep it, or send it in full."
        )
    scheme, authority, target = split(text)
    if scheme not in PORTS:
        raise UrlError("url.scheme", "The URL must begin with https:// or http://.")
    if scheme == "http" and rules.https_only:
        raise UrlError("url.https_only", "The URL must begin with https://.")
    if "@" in authority:
        raise UrlError(
            "url.credentials",
            "The URL must not contain a user name or password. Use a header, such as Authorization.",
        )
    parts = AUTHORITY.fullmatch(authority)
    if not parts or not parts["host"]:
        raise invalid_host()
    host = read_host(parts["host"], rules)
    port = read_port(parts["port"]) if parts["port"] is not None else None
    check_not_own_host(host, port or PORTS[scheme], rules)
    url = f"{scheme}://{host}{f':{port}' if port else ''}{quote(target, safe=SAFE_IN_TARGET)}"
    # Checked again: each non-ASCII character is now three or more.
    check_length(url)
    return url


def split(text: str) -> tuple[str, str, str]:
    """Return scheme, authority and the rest of an unambiguous URL."""
    if not text.strip():
        raise UrlError("url.required", "The URL is required.")
    check_length(text)
    # Some parsers read a backslash as a slash.
    if not text.isprintable() or " " in text or "\\" in text or ESCAPED_CONTROL.search(text):
        raise UrlError(
            "url.characters",
            "The URL must not contain spaces, line breaks, backslashes or invisible characters.",
        )
    form = FORM.fullmatch(text)
    if not form:
        raise UrlError("url.form", "Not a valid URL (example: https://shop.example.com/hook).")
    if form["fragment"]:
        raise UrlError("url.fragment", "The URL must not have a fragment (#...): it is never sent.")
    return form["scheme"].lower(), form["authority"], form["target"]


def check_length(url: str) -> None:
    if len(url) > URL_MAX_LENGTH:
        raise UrlError(
            "url.too_long", f"The URL is {len(url):,} characters long; the maximum is {URL_MAX_LENGTH:,}."
        )


def invalid_host() -> UrlError:
    return UrlError(
        "url.host",
        "Invalid host. Use a name such as shop.example.com, an IPv4 address such as 93.184.215.14, or an IPv6 address "
        "in brackets.",
    )


def not_allowed() -> UrlError:
    return UrlError("url.not_allowed", "The URL points to an address that is not allowed.")


def read_host(host: str, rules: Rules) -> str:
    if host.startswith("["):
        return f"[{read_address(host[1:-1], IPv6Address, rules)}]"
    name = read_name(host)
    # As in browsers: a host that ends in a number is an IPv4 address, or an invalid one.
    if NUMBER.fullmatch(name.rpartition(".")[2]):
        # Not the converted name: digits of other scripts would be one more spelling of the same address.
        return read_address(host, IPv4Address, rules)
    check_public_name(name, rules)
    return name


def read_address(text: str, kind: type[IPv4Address] | type[IPv6Address], rules: Rules) -> str:
    try:
        # A zone, as in fe80::1%eth0, names an interface of one machine.
        address = str(kind(text if "%" not in text else ""))
    except AddressValueError:
        raise invalid_host() from None
    if not is_allowed(address, rules.allowed_networks):
        raise not_allowed()
    return address


def read_name(host: str) -> str:
    """Return the name in lower-case ASCII; international labels are converted by IDNA."""
    name = host.lower().removesuffix(".")
    if not name.isascii() or "xn--" in name:
        try:
            name = idna.encode(name, uts46=True, std3_rules=True).decode()
        except idna.IDNAError:
            raise invalid_host() from None
    if len(name) > HOST_MAX_LENGTH or not all(LABEL.fullmatch(label) for label in name.split(".")):
        raise invalid_host()
    return name


def check_public_name(name: str, rules: Rules) -> None:
    """Reject single-label names and internal domains, which resolve to private addresses, unless some are allowed."""
    is_loopback = name == "localhost" or name.endswith(".localhost")
    if is_loopback and not is_allowed("127.0.0.1", rules.allowed_networks):
        raise not_allowed()
    if not rules.allowed_networks and ("." not in name or name.endswith(INNER_SUFFIXES)):
        raise not_allowed()


def read_port(text: str) -> int:
    port = int(text) if re.fullmatch("[0-9]{1,5}", text) else 0
    is_free = LOWEST_FREE_PORT <= port <= 65535 and port not in SERVICE_PORTS
    if not is_free and port not in PORTS.values():
        raise UrlError(
            "url.port",
            "The port of the URL is not allowed. Use 80, 443 or a port above 1023 that is not reserved for another service.",
        )
    return port


def check_not_own_host(host: str, port: int, rules: Rules) -> None:
    """Reject this API itself: a delivered event could cause the next one."""
    names = [own.lower() for own in rules.own_hosts]
    is_ours = any(host == name.lstrip(".") or (name[:1] == "." and host.endswith(name)) for name in names)
    if is_ours and port in rules.own_ports:
        raise UrlError("url.not_allowed", "The URL must not point to this server.")


def default_rules() -> Rules:
    """Return the rules of this process's settings."""
    return Rules(
        allowed_networks=settings.WEBHOOK_ALLOWED_NETWORKS,
        https_only=settings.WEBHOOK_HTTPS_ONLY,
        own_hosts=settings.ALLOWED_HOSTS,
        own_ports={*PORTS.values(), settings.PORT},
    )
