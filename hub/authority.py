"""The hub's own authority: what makes https possible where no public one can be asked.

It is made at the hub's first start and stays for the life of the agency (it goes with the backups, so a box that
takes over is believed too). It signs one kind of thing: the certificate of this hub, which is made anew by itself
before it runs out, and when the box has another address. It can sign nothing else of use to a thief: browsers that
have it believe it for private addresses and local names only (name constraints).

Its dates say nothing, a hall's clock may stand in 1970: devices know its *key* (hub/pin.py).
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import ipaddress
import socket
import ssl
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hub.disk import write_whole
from hub.settings import Settings

#: Below the data folder. `authority.*` goes with the backups (hub/backup/contents.py), the hub's own is made anew.
AUTHORITY, AUTHORITY_KEY = Path("keys/authority.pem"), Path("keys/authority.key")
HUB, HUB_KEY = Path("keys/hub.pem"), Path("keys/hub.key")
#: Browsers want no longer than about 13 months; made anew when less than this is left.
LASTS, EARLY = timedelta(days=397), timedelta(days=60)
FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2070, 1, 1, tzinfo=UTC)
#: What the authority may speak for.
NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128")
DOMAINS = ("local", "localhost", "lan", "home.arpa", "internal")
#: ioctl that asks an interface for its IPv4 address.
_SIOCGIFADDR = 0x8915
_INTERFACES = Path("/sys/class/net")
_DIGITS = 16
#: For the hub's user alone.
PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class Authority:
    """The files of one hub's authority; `open_authority` makes those that are missing."""

    data: Path

    @property
    def certificate(self) -> bytes:
        """What a browser or a device is given, PEM; no secret."""
        return (self.data / AUTHORITY).read_bytes()

    @property
    def fingerprint(self) -> str:
        """Its key, as people compare it: `K7QF-2M3A-…`."""
        return fingerprint(self.certificate)

    @property
    def valid_until(self) -> datetime:
        """When the hub's own certificate runs out, if nobody made it anew."""
        return x509.load_pem_x509_certificate((self.data / HUB).read_bytes()).not_valid_after_utc

    def context(self) -> ssl.SSLContext:
        """TLS for the hub's listener, 1.2 or newer, with the certificate there is now."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")  # of TLS 1.2; those of 1.3 are such ones anyway
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        context.num_tickets = 0  # a ticket comes in the middle of what a client reads, and unsettles its writing
        context.load_cert_chain(self.data / HUB, self.data / HUB_KEY)
        return context

    def renew(self, names: Iterable[str], now: datetime) -> bool:
        """Make the hub's certificate anew where it must be: missing, running out, or for other names."""
        believed = sorted({name for name in names if _may_speak_for(name)})
        with suppress(OSError, ValueError):
            held = x509.load_pem_x509_certificate((self.data / HUB).read_bytes())
            valid = held.not_valid_before_utc <= now <= held.not_valid_after_utc - EARLY
            if valid and _names_of(held) == believed and held.issuer == self._own().subject:
                return False
        self._sign(believed, now)
        return True

    def _own(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate)

    def _sign(self, names: list[str], now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        own = self._own()
        signer = serialization.load_pem_private_key((self.data / AUTHORITY_KEY).read_bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mbote hub")]))
            .issuer_name(own.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + LASTS)
            .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
            .sign(signer, hashes.SHA256())
        )  # fmt: skip
        write_whole(self.data / HUB_KEY, _private(key), PRIVATE)
        write_whole(self.data / HUB, made.public_bytes(serialization.Encoding.PEM) + self.certificate, PRIVATE)


def open_authority(data: Path, names: Iterable[str], now: datetime) -> Authority:
    """The authority of a data folder, made at the first call, with a certificate for these names."""
    authority = Authority(data)
    if not (data / AUTHORITY).exists() or not (data / AUTHORITY_KEY).exists():
        _found(data, socket.gethostname())
    authority.renew(names, now)
    return authority


def _found(data: Path, hostname: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    mark = _digits(_spki(public))[:4]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Mbote {hostname[:40]} {mark}")])
    networks = [x509.IPAddress(ipaddress.ip_network(network)) for network in NETWORKS]
    domains = [x509.DNSName(each) for each in dict.fromkeys((hostname.lower(), *DOMAINS))]
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(FIRST)
        .not_valid_after(LAST)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.NameConstraints([*networks, *domains], None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    (data / AUTHORITY).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(data / AUTHORITY_KEY, _private(key), PRIVATE)
    write_whole(data / AUTHORITY, made.public_bytes(serialization.Encoding.PEM), PRIVATE)


def fingerprint(certificate: bytes) -> str:
    """The first 80 bits of the SHA-256 of a certificate's key, in four groups of letters and digits."""
    digits = _digits(_spki(x509.load_pem_x509_certificate(certificate).public_key()))
    return "-".join(digits[at : at + 4] for at in range(0, _DIGITS, 4))


def pin_of(settings: Settings) -> str:
    """The fingerprint of the hub on this box; nothing where it speaks plainly, or was never started."""
    with suppress(OSError):
        return Authority(settings.path(settings.hub.data)).fingerprint if settings.hub.secret else ""
    return ""


def browser_pin(certificate: bytes) -> str:
    """The same key as Chromium's --ignore-certificate-errors-spki-list takes it."""
    spki = _spki(x509.load_pem_x509_certificate(certificate).public_key())
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


def own_names(more: Iterable[str] = ()) -> list[str]:
    """Under which names and addresses this box can be asked for now."""
    hostname = socket.gethostname().lower()
    found = ["localhost", "127.0.0.1", hostname, f"{hostname.partition('.')[0]}.local", *more]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for interface in _INTERFACES.glob("*"):  # the unit may not ask by netlink, as if_nameindex does
            with suppress(OSError):
                answer = fcntl.ioctl(asked.fileno(), _SIOCGIFADDR, struct.pack("256s", interface.name.encode()[:15]))
                found.append(socket.inet_ntoa(answer[20:24]))
    return sorted(set(found))


def _may_speak_for(name: str) -> bool:
    """Whether the authority is believed for a name or an address; others would make browsers refuse all of it."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        hostname = socket.gethostname().lower()
        return any(name == domain or name.endswith(f".{domain}") for domain in (*DOMAINS, hostname))
    return any(address in ipaddress.ip_network(network) for network in NETWORKS)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names_of(certificate: x509.Certificate) -> list[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return sorted(str(name.value) for name in names)


def _spki(public: object) -> bytes:
    assert isinstance(public, ec.EllipticCurvePublicKey)
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _digits(spki: bytes) -> str:
    return base64.b32encode(hashlib.sha256(spki).digest()).decode()


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
