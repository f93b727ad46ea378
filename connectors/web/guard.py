"""Which addresses the server may be made to call.

Profiles, next-page links, redirects and file links all name addresses, and a source
may choose three of the four. A name is therefore judged by what it resolves to, and
the connection goes to the very address that was judged: a second look-up could
answer something else.
"""

import re
import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urljoin

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util import parse_url

from ...exceptions import UnsafeAddress
from .deadline import BODY, HEAD, Deadline

CONNECT_S = 10.0
PORTS = {"http": 80, "https": 443}

#: Where clouds hand out the credentials of the machine. No CRM lives there: refused
#: even to installations that read sources on their own network.
METADATA = (
    IPv4Network("169.254.0.0/16"),
    IPv4Network("168.63.129.16/32"),
    IPv4Network("100.100.100.200/32"),
    IPv4Network("192.0.0.192/32"),
    IPv6Network("fd00:ec2::/32"),
    IPv6Network("fd00:c1::/32"),
    IPv6Network("fd00:42::42/128"),
    IPv6Network("fd20:ce::/32"),
)
#: All that is handed out of IPv6 so far; the rest is no place of the internet.
PUBLIC_6 = IPv6Network("2000::/3")
#: IPv6 ranges whose packets end up at an IPv4 address named inside them.
TUNNELS = (
    IPv6Network("::/96"),
    IPv6Network("::ffff:0:0/96"),
    IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("2001::/32"),
    IPv6Network("2002::/16"),
)
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\.?", re.I)
_ODD = re.compile(r"[\x00-\x20\x7f\\]")


class Origin(NamedTuple):
    """What a credential is bound to."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = PORTS.get(self.scheme) == self.port
        return f"{self.scheme}://{host}" + ("" if default else f":{self.port}")


def origin_of(url: str) -> Origin:
    """Return scheme, host (as sent: lower case, IDNA) and port of a URL.

    :raise UnsafeAddress: no absolute http(s) URL, or one that parsers read differently
    """
    if _ODD.search(url):
        raise UnsafeAddress("An address with blanks or backslashes in it is refused.")
    request = PreparedRequest()
    try:
        request.prepare_url(url, None)
        parsed = parse_url(request.url)
    except (RequestException, ValueError):
        parsed = None
    if parsed is None or not parsed.host or parsed.scheme not in PORTS:
        raise UnsafeAddress("An address has to begin with https:// and name a host.")
    host = parsed.host.strip("[]").lower().rstrip(".")
    return Origin(parsed.scheme, host, parsed.port or PORTS[parsed.scheme])


def join_url(base: str, target: str) -> str:
    """Return the address that a source means by a target that may be relative.

    :raise UnsafeAddress: it means none
    """
    try:
        return urljoin(base, target.strip())
    except ValueError:
        raise UnsafeAddress("The source gives an address that is none.") from None


def public_part(url: str) -> str:
    """Return a URL without what may be secret: user, query, fragment."""
    try:
        parsed = parse_url(url)
    except ValueError:
        return "(unreadable address)"
    return parsed._replace(auth=None, query=None, fragment=None).url


class AddressGuard:
    """Judges URLs before the look-up and addresses after it.

    :param allow_private: sources on the own network, and http, are wanted
    :param resolve: like socket.getaddrinfo
    """

    def __init__(self, allow_private: bool = False, resolve: Callable | None = None):
        self.allow_private = allow_private
        self._resolve = resolve or socket.getaddrinfo

    def check(self, url: str) -> Origin:
        """Return the origin of a URL that may be called as far as its text tells.

        :raise UnsafeAddress: not http(s), plain http, user name inside, odd host
        """
        origin = origin_of(url)
        if "@" in re.split(r"[/?#]", url.partition("//")[2], maxsplit=1)[0]:
            raise UnsafeAddress(
                f"The address of {origin.host} has a user name in it. Take it out and"
                " enter the credentials under Connection."
            )
        if origin.scheme != "https" and not self.allow_private:
            raise UnsafeAddress(
                f"{origin} is not encrypted. Use https://, or allow addresses on your"
                " own network if the source runs there."
            )
        address = _literal(origin.host)
        if address is not None:
            self._judge(origin.host, address)
        elif _NUMBER.fullmatch(origin.host.rpartition(".")[2]):
            if not self.allow_private:
                raise UnsafeAddress(
                    f"{origin.host} is a disguised number, not the name of a host."
                )
        return origin

    def addresses(self, host: str, port: int) -> list[str]:
        """Look a host up; return its addresses, each of them judged.

        :raise UnsafeAddress: one of them must not be called
        :raise OSError: there is no such host
        """
        found = self._resolve(host, port, type=socket.SOCK_STREAM)
        numbers = list(dict.fromkeys(entry[4][0] for entry in found))
        for number in numbers:
            self._judge(host, ip_address(number.partition("%")[0]))
        return numbers

    def _judge(self, host: str, address: IPv4Address | IPv6Address) -> None:
        if self.allow_private:
            refused = _in(address, METADATA) or address.is_multicast
        else:
            refused = _is_special(address)
        if refused:
            raise UnsafeAddress(
                f"{host} leads to {address}, which is not a public address. Check the"
                " address, or allow addresses on your own network if it is yours."
            )


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _in(address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(
        inner in net
        for inner in _ends(address)
        for net in networks
        if net.version == inner.version
    )


def _ends(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """Return the address, and the IPv4 addresses that a tunnel may lead on to."""
    if address.version == 4 or not any(address in net for net in TUNNELS):
        return [address]
    teredo = address.teredo or ()
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    return [address, last, *filter(None, (address.sixtofour, *teredo))]


def _is_special(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is anything but one of the public internet."""
    return (
        not address.is_global
        or address.is_multicast
        or address.is_reserved
        or _in(address, METADATA)
        or (
            address.version == 6
            and (address not in PUBLIC_6 or any(address in net for net in TUNNELS))
        )
    )


class _Pinned:
    """A connection that goes to an address its guard has judged.

    Only the look-up is replaced: the Host header, the name sent in TLS and the name
    that the certificate is verified against stay those of the URL.
    """

    guard: AddressGuard
    #: Watches the answer that is being read.
    deadline: Deadline | None = None

    def getresponse(self):
        # The socket now: a connection that will be closed hands it to the answer.
        sock, timeout = self.sock, self.timeout
        with Deadline(sock, HEAD * timeout):
            response = super().getresponse()
        self.deadline = response.deadline = Deadline(sock, BODY * timeout)
        return response

    def _new_conn(self):
        name = self._dns_host
        try:
            numbers = self.guard.addresses(name.strip("[]").rstrip("."), self.port)
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(self, f"no host {name}: {error}") from None
        if not numbers:
            raise NewConnectionError(self, f"no host {name}")
        try:
            return self._first_that_answers(numbers)
        finally:
            self._dns_host = name

    def _first_that_answers(self, numbers: list[str]):
        for position, number in enumerate(numbers, 1):
            self._dns_host = number
            try:
                return super()._new_conn()
            except ConnectTimeoutError:  # also: refused, unreachable
                if position == len(numbers):
                    raise


class _Returning:
    """A pool to which connections come back unwatched."""

    def _put_conn(self, conn):
        if conn is not None and conn.deadline is not None:
            conn.deadline.stop()
        return super()._put_conn(conn)


class GuardedAdapter(HTTPAdapter):
    """Transport of a requests session whose connections are pinned by a guard."""

    def __init__(self, guard: AddressGuard, **options):
        self._guard = guard
        super().__init__(**options)

    def send(self, request, stream=False, timeout=None, **options):
        """Send a request; `timeout` is for the answer, connecting takes seconds."""
        wait = (min(timeout, CONNECT_S) if timeout else CONNECT_S, timeout)
        return super().send(request, stream, wait, **options)

    # pylint: disable-next=missing-return
    def init_poolmanager(self, *args, **options) -> None:
        super().init_poolmanager(*args, **options)
        bases = {
            "http": (HTTPConnectionPool, HTTPConnection),
            "https": (HTTPSConnectionPool, HTTPSConnection),
        }
        self.poolmanager.pool_classes_by_scheme = {
            scheme: _pinned(pool, connection, self._guard)
            for scheme, (pool, connection) in bases.items()
        }


def _pinned(pool: type, connection: type, guard: AddressGuard) -> type:
    """Return a connection pool class whose connections ask the guard."""
    pinned = type(connection.__name__, (_Pinned, connection), {"guard": guard})
    return type(pool.__name__, (_Returning, pool), {"ConnectionCls": pinned})
