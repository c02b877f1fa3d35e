"""Certificates that whoever stole the sidecar's key could make: leaves of its own intermediate, for any name."""

import datetime
import pathlib
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def leaf(key_folder: pathlib.Path, host: str) -> bytes:
    """PEM of a key and its chain: what a server needs to call itself `host`."""
    (file,) = key_folder.glob("*.pem")
    pem = file.read_bytes()
    key = serialization.load_pem_private_key(pem, None)
    intermediate, _root = x509.load_pem_x509_certificates(pem)
    known = intermediate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    own, now, day = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]))
        .issuer_name(intermediate.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(now - day, intermediate.not_valid_before_utc))
        .not_valid_after(min(now + day, intermediate.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(True, *[False] * 8), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known), critical=False)
        .sign(key, hashes.SHA256())
    )
    own_pem = own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return own_pem + b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in (signed, intermediate))


def handshake(chain: pathlib.Path, root: pathlib.Path, host: str) -> None:
    """TLS between OpenSSL and itself. Raises what the client has against the certificate."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=root)
    server.load_cert_chain(chain)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [client.wrap_bio(down, up, server_hostname=host), server.wrap_bio(up, down, server_side=True)]
    while sides:
        for side in list(sides):
            try:
                side.do_handshake()
                sides.remove(side)
            except ssl.SSLWantReadError:
                pass
