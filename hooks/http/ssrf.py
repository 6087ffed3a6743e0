"""Protection against SSRF: a table of blocked networks, applied to the address that is dialled.

Every outgoing request opens its sockets here. A name cannot be trusted, however it was checked: it can resolve to another
address each time. hooks.http.url_validation checks the URL as text when it is saved.

Python's own is_global is not enough: it allows NAT64, 6to4, multicast, 192.88.99.0/24 and others."""

import errno
import socket
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
# As from getaddrinfo: family, type, protocol, canonical name, and the address with its port.
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[str | int, ...]]

BLOCKED_IPV4 = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network; 0.0.0.0 reaches the machine itself
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; the metadata of Alibaba Cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # the platform address of Azure
        "169.254.0.0/16",  # link-local; the metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; the metadata of Oracle Cloud
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
]
# The only public part of IPv6. Outside of it are loopback, link-local, unique and site-local, multicast, discard, SRv6,
# and the forms that carry an IPv4 address: mapped, compatible, translated, NAT64.
PUBLIC_IPV6 = IPv6Network("2000::/3")
BLOCKED_IPV6 = [
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo (which carries IPv4), benchmarking, ORCHID, AMT, AS112
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries IPv4
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # 6bone, returned
        "3fff::/20",  # documentation
    )
]


class AddressError(OSError):
    """The address must not be dialled. The message does not quote it: it must not reveal what a name resolves to inside
    our network."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "The address is not allowed.")


def is_allowed(address: str, allowed_networks: Iterable[Network]) -> bool:
    """Return True for a public address, and for one in an allowed network."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if any(ip in network for network in allowed_networks):
        return True
    if isinstance(ip, IPv6Address):
        return ip in PUBLIC_IPV6 and not any(ip in network for network in BLOCKED_IPV6)
    return not any(ip in network for network in BLOCKED_IPV4)


def open_socket(info: AddressInfo, allowed_networks: Iterable[Network]) -> socket.socket:
    """Open the socket for this address. Raises AddressError before anything is dialled."""
    family, kind, protocol, _, address = info
    if not is_allowed(str(address[0]), allowed_networks):
        raise AddressError
    return socket.socket(family, kind, protocol)


def check_all(addresses: Iterable[str], allowed_networks: Iterable[Network]) -> None:
    """Raise AddressError if a name resolves to any blocked address, even beside public ones."""
    allowed_networks = tuple(allowed_networks)
    if not all(is_allowed(address, allowed_networks) for address in addresses):
        raise AddressError
