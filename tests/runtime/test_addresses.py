"""Which addresses are public."""

import socket

import pytest

from opsroom_dagster.errors import InputError, StepError
from opsroom_dagster.runtime.addresses import addresses, is_public

PRIVATE = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1"),
    *("172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::2", "fc00::1", "fd12::1", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1", "2001:db8::1", "100::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "::127.0.0.1", "4000::1"),
    *("64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::"),
    "2001:0:0:0:0:0:80ff:fffe",
]
PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "172.32.0.1", "192.169.0.1", "9.255.255.255", "223.255.255.254"),
    *("2606:4700:4700::1111", "2a00:1450:4001::8a", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"),
]
SPELLINGS = ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "017700000001", "::1", "0"]


@pytest.mark.parametrize("address", PRIVATE)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "017700000001", "::1", "0"]
)
def test_every_spelling_is_judged_as_what_it_means(host: str) -> None:
    with pytest.raises(InputError, match=r"is not public\. Set allowPrivate"):
        addresses(host, 80, allow_private=False)
    assert addresses(host, 80, allow_private=True)[0] in ("127.0.0.1", "::1", "0.0.0.0")


def test_one_private_address_refuses_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)
    with pytest.raises(InputError, match=r"the address of both\.example \(10\.0\.0\.1\) is not public"):
        addresses("both.example", 80, allow_private=False)


@pytest.mark.parametrize(
    ("host", "error"), [("no-such-host.invalid", StepError), ("a..b", InputError), ("x" * 70, InputError)]
)
def test_a_name_without_an_address_is_named(host: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=host):
        addresses(host, 80, allow_private=True)
