"""Where webhooks go: never into a private network, whatever a name says, and only to the address that was checked."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from interviewer.jobs.deliver import Post
from interviewer.jobs.targets import RefusedTarget, check_url, checked_target, is_public, system_resolve
from tests.jobs.receiver import Receiver, receiving


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


class Names:
    """Answers each question for a name with the next of ``answers``, the last one again and again."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:0:53aa:64c::1", "nonsense",
    ],
)  # fmt: skip
async def test_a_name_that_leads_inside_is_sent_nothing(address: str) -> None:
    assert not is_public(address)
    for answer in ([address], ["93.184.216.34", address]):
        outcome = await Post(Names(answer)).send("https://hooks.example.com/", b"{}", {}, private_allowed=False)
        assert outcome.problem == "The name leads into a private network."
        assert outcome.response_status is None


@pytest.mark.parametrize("name", ["hooks..example.com", f"{'a' * 64}.example.com", ".example.com"])
async def test_what_is_no_name_is_refused_and_never_an_error(name: str) -> None:
    with pytest.raises(RefusedTarget, match="between two dots"):
        check_url(f"https://{name}/x", private_allowed=False)
    with pytest.raises(RefusedTarget):
        await checked_target(f"https://{name}/x", False, system_resolve)
    check_url("https://hooks.example.com./x", private_allowed=False)


def test_addresses_of_the_internet_are_public() -> None:
    for address in ("93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"):
        assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/", "ftp://hooks.example.com/", "https://", "https:///x", "hooks.example.com",
        "https://localhost/", "https://intranet/", "https://db.internal/", "https://printer.local./", "https://a.lan",
        "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1:8443/", "https://169.254.169.254/latest/meta-data",
        "https://user:pass@hooks.example.com/", "https://hooks.example.com/#x", "https://hooks.example.com:99999/",
        "https://hooks.example.com/ x", "https://hooks.example.com/\r\nX: y", "https://hööks.example.com/",
        "https://" + "a" * 2048 + ".example.com",
    ],
)  # fmt: skip
def test_addresses_that_will_not_do_are_refused_at_once(url: str) -> None:
    with pytest.raises(RefusedTarget):
        check_url(url, private_allowed=False)


@pytest.mark.parametrize("url", ["https://hooks.example.com", "https://hooks.example.com:8443/a/b?c=d"])
def test_ordinary_addresses_are_taken(url: str) -> None:
    check_url(url, private_allowed=False)


async def test_a_name_is_asked_for_once_and_the_checked_address_is_the_one_that_is_called(receiver: Receiver) -> None:
    names = Names(["127.0.0.1"], ["192.0.2.1"])
    url = f"http://rebinding.invalid:{receiver.port}/hook"  # no resolver of the system knows it
    outcome = await Post(names).send(url, b"{}", {}, private_allowed=True)
    assert outcome.problem is None
    assert names.asked == ["rebinding.invalid"]
    (came,) = receiver.received
    assert came.headers["host"] == f"rebinding.invalid:{receiver.port}"


async def test_a_name_without_an_address_is_a_plain_problem() -> None:
    async def nobody(host: str, port: int) -> list[str]:
        raise OSError(-2, "Name or service not known")

    outcome = await Post(nobody).send("https://hooks.example.com/", b"{}", {}, private_allowed=False)
    assert outcome.problem == "The name has no address."


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for ``name``, and a client's that believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "certificate.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=pem)


async def test_over_tls_the_certificate_must_be_the_names_although_the_address_is_called(tmp_path: Path) -> None:
    server, trust = certificate(tmp_path, "hooks.example.test")
    async with receiving(server) as receiver:
        post = Post(Names(["127.0.0.1"]), trust)
        for name, arrives in (("hooks.example.test", True), ("other.example.test", False)):
            outcome = await post.send(f"https://{name}:{receiver.port}/", b"{}", {}, private_allowed=True)
            assert (outcome.problem is None) is arrives
        assert [came.headers["host"] for came in receiver.received] == [f"hooks.example.test:{receiver.port}"]
