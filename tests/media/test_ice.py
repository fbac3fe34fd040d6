"""TURN servers: credentials that expire, from a secret that no page sees; a coturn configuration that takes them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from interviewer.cli import app
from interviewer.media.coturn import coturn_configuration
from interviewer.media.ice import LASTS_S, BadIceServers, IceServer, PeerOptions

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


def test_the_command_prints_both_sides_with_one_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MELVIN_ICE_SERVERS", raising=False)
    printed = CliRunner().invoke(app, ["coturn", "turn.example.com"])
    assert printed.exit_code == 0
    secret = printed.stdout.partition("static-auth-secret=")[2].partition("\n")[0]
    assert len(secret) > 40
    setting = printed.stderr.partition("MELVIN_ICE_SERVERS='")[2].partition("'")[0]
    assert json.loads(setting) == [{"urls": "turn:turn.example.com:3478", "secret": secret}]
    monkeypatch.setenv("MELVIN_ICE_SERVERS", setting)
    again = CliRunner().invoke(app, ["coturn", "turn.example.com"])
    assert again.stdout == printed.stdout


def test_a_host_that_is_none_is_refused() -> None:
    refused = CliRunner().invoke(app, ["coturn", "turn.example.com\nno-auth"])
    assert refused.exit_code == 1
    assert "no-auth" not in refused.stdout
