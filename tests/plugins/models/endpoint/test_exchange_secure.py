"""TLS: a certificate that nobody vouches for is refused, and a server that drips behind one that is trusted is left."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from auditkit.plugins.models.endpoint import exchange
from auditkit.plugins.models.endpoint.exchange import Line, Trouble


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a key and a certificate of 127.0.0.1 that it signed itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36500))
        .add_extension(address, critical=False)
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(pem)
    return path


@pytest.fixture(scope="module")
def secure(certificate):
    """A server with that certificate, which answers at /good and drips elsewhere."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(plain: socket.socket) -> None:
        try:
            with context.wrap_socket(plain, server_side=True) as connection:
                head = b""
                # to its end, for what is closed before it was read is reset
                while not head.endswith(b"[]") and (more := connection.recv(65536)):
                    head += more
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                if b"/good" in head:
                    connection.sendall(b"Connection: close\r\nContent-Length: 2\r\n\r\n[]")
                    return
                for _ in range(5000):
                    connection.sendall(b"X")
                    time.sleep(0.02)
        except OSError:  # the other side has left
            pass

    def accept() -> None:
        try:
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        except OSError:  # closed
            pass

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def line(seconds: float) -> Line:
    return Line(True, {}, seconds)


def test_a_certificate_that_nobody_vouches_for_is_refused(secure):
    with pytest.raises(Trouble, match=r"the connection failed \(ConnectError\)"):
        line(5).send(f"{secure}/good", b"[]")


def test_a_server_that_drips_is_left_behind_tls_too(secure, certificate, monkeypatch):
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(exchange, "_certificates", lambda: trusting)
    opened = line(0.3)
    assert opened.send(f"{secure}/good", b"[]") == b"[]"
    began = time.monotonic()
    with pytest.raises(Trouble, match=r"no whole answer came within 0\.3 seconds"):
        opened.send(f"{secure}/drips", b"[]")
    assert time.monotonic() - began < 30  # and not the 100 that it drips
    opened.close()
