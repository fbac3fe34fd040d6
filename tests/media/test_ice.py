"""TURN servers: credentials that expire, from a secret that no page sees; a coturn configuration that takes them."""

from __future__ import annotations

import json

import pytest

from interviewer.desk.errands import Refused, coturn
from interviewer.media.coturn import coturn_configuration
from interviewer.media.ice import LASTS_S, BadIceServers, IceServer, PeerOptions
from interviewer.settings import Settings

NOW = 1_800_000_000.0
TURN = IceServer("turn:turn.example.com:3478", secret="north")


def test_credentials_are_as_coturn_makes_them() -> None:
    signed = TURN.signed(NOW)
    assert signed.username == f"{int(NOW) + LASTS_S}:melvin"
    # printf %s 1800043200:melvin | openssl dgst -sha1 -hmac north -binary | base64
    assert signed.credential == "oArti8q2uc9CT583topCVkRKKDg="
    assert signed.secret is None


def test_each_connection_gets_its_own_and_pages_never_the_secret() -> None:
    now = NOW
    options = PeerOptions((TURN,), relay_only=True, clock=lambda: now)
    (first,) = options.configuration().iceServers
    now += 60
    (second,) = options.configuration().iceServers
    assert first.username == f"{int(NOW) + LASTS_S}:melvin"
    assert second.username != first.username
    assert second.credential != first.credential
    shown = TURN.for_page(NOW)
    assert set(shown) == {"urls", "username", "credential"}
    assert "north" not in json.dumps(shown)
    assert "north" not in repr(options)


def test_a_server_without_credentials_is_shown_as_it_is() -> None:
    assert IceServer("stun:a.example").for_page(NOW) == {"urls": "stun:a.example"}


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        (IceServer("turn:a"), "needs a secret, or a username"),
        (IceServer("turn:a", "u"), "needs a secret, or a username"),
        (IceServer("turn:a", "u", "c", "s"), "leave out its username"),
    ],
)
def test_a_turn_server_that_could_never_let_anyone_in_is_refused_at_start(server: IceServer, reason: str) -> None:
    with pytest.raises(BadIceServers, match=reason):
        PeerOptions((server,))


def test_the_coturn_configuration_leads_into_no_private_network_but_to_melvin() -> None:
    lines = coturn_configuration("turn.example.com", "north", ["10.0.0.5"]).splitlines()
    assert "use-auth-secret" in lines
    assert "static-auth-secret=north" in lines
    assert "denied-peer-ip=10.0.0.0-10.255.255.255" in lines
    assert [line for line in lines if line.startswith("allowed-peer-ip")] == ["allowed-peer-ip=10.0.0.5"]


def test_both_sides_are_made_with_one_secret() -> None:
    configuration, setting = coturn(Settings(ice_servers=()), "turn.example.com")
    secret = configuration.partition("static-auth-secret=")[2].partition("\n")[0]
    assert len(secret) > 40
    servers = json.loads(setting.partition("MELVIN_ICE_SERVERS='")[2].rstrip("'"))
    assert servers == [{"urls": "turn:turn.example.com:3478", "secret": secret}]
    assert coturn(Settings(ice_servers=tuple(servers)), "turn.example.com") == (configuration, setting)


def test_a_host_that_is_none_is_refused() -> None:
    with pytest.raises(Refused, match="no host name"):
        coturn(Settings(ice_servers=()), "turn.example.com\nno-auth")
