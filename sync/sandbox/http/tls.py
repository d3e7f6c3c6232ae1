"""HTTPS with certificates made here: an authority of our own and what it signs, above all one for localhost and Wonde's
public names.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sync.sandbox import choices

VALID = timedelta(days=397)
PEM = serialization.Encoding.PEM
SPARE = timedelta(days=7)  # a certificate that expires sooner is made again


def authority_path(folder):
    """The certificate that clients must trust."""
    return folder / "sandbox-ca.pem"


def server_context(folder):
    """An SSLContext for the server. Certificate and key are made in `folder` if they are missing or about to expire."""
    chain, key = folder / "sandbox-server.pem", folder / "sandbox-server.key"
    if not _usable(chain) or not key.exists() or not authority_path(folder).exists():
        folder.mkdir(parents=True, exist_ok=True)
        _make(folder, chain, key)
    return context_of(chain, key)


def context_of(chain, key):
    """An SSLContext for a server with the certificate and the key in these files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(chain, key)
    return context


def _usable(chain):
    try:
        certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    except (OSError, ValueError):
        return False
    return certificate.not_valid_after_utc > datetime.now(UTC) + SPARE


def _make(folder, chain, key):
    authority = Authority("Wonde sandbox authority (this machine only)")
    certificate = authority.signed("Wonde sandbox", ["localhost", *choices.PUBLIC_HOSTS, "127.0.0.1", "::1"])
    certificate.write(chain, key)
    authority_path(folder).write_bytes(authority.pem)


class Certificate(NamedTuple):
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def write(self, chain, key):
        """Into two files; only their owner may read the key."""
        secret = self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        with open(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secret)
        chain.write_bytes(self.certificate.public_bytes(PEM))


class Authority:
    """Signs certificates while it is remembered. Its key is in no file: nothing else can ever be signed with it."""

    def __init__(self, name):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self._certificate = (
            _builder(self._name, self._name, self._key.public_key(), datetime.now(UTC) + VALID)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self):
        """The certificate that clients must trust."""
        return self._certificate.public_bytes(PEM)

    def signed(self, subject, hosts, until=None):
        """A Certificate of `subject` for `hosts`, names or addresses, good until then."""
        key = ec.generate_private_key(ec.SECP256R1())
        return Certificate(
            _unsigned(self._name, subject, hosts, key, self._key, until).sign(self._key, hashes.SHA256()), key
        )


def self_signed(subject, hosts):
    """A Certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Certificate(_unsigned(_name(subject), subject, hosts, key, key).sign(key, hashes.SHA256()), key)


def _unsigned(issuer, subject, hosts, key, issuers_key, until=None):
    """Of a server. key: its own; issuers_key: whose signature is to come."""
    return (
        _builder(issuer, _name(subject), key.public_key(), until or datetime.now(UTC) + VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuers_key.public_key()), critical=False)
        .add_extension(_usage(signs_certificates=False), critical=True)
    )


def _host(host):
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(issuer, subject, public_key, until):
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - VALID - timedelta(hours=1))
        .not_valid_after(until)
    )


def _usage(signs_certificates):
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
