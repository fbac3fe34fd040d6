"""Reading an SDP offer from a page before aiortc sees it: what is asked of us, and whether we can do it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiortc.sdp import SessionDescription

__all__ = ["BadOffer", "Offer", "read_offer", "with_repeats"]

LARGEST_BYTES = 64 * 1024
MOST_SECTIONS = 8
MOST_CANDIDATES = 64

# What aiortc's parser raises on a text that is no SDP; it splits and indexes without looking.
_PARSER_ERRORS = (ValueError, IndexError, KeyError, AttributeError, TypeError, AssertionError, StopIteration)


class BadOffer(ValueError):
    """The page's offer cannot be answered; the message says why."""


@dataclass(frozen=True, slots=True)
class Offer:
    """``sdp`` is what aiortc is given. ``audio`` is False where the page sends no sound (no microphone); ``repeats``
    where it would not send lost packets of sound again."""

    sdp: str
    audio: bool
    repeats: bool


def read_offer(sdp: str) -> Offer:
    """Raises :class:`BadOffer`.

    Candidates named ``*.local`` (what browsers give before the microphone is allowed) are left out: to resolve them
    takes multicast, which containers do not pass, and the page reaches us from that address anyway. For the same
    reason the end of candidates is not believed.
    """
    if len(sdp.encode(errors="replace")) > LARGEST_BYTES:
        raise BadOffer(f"the offer is larger than {LARGEST_BYTES} bytes")
    lines = sdp.replace("\r\n", "\n").split("\n")
    if not sdp.isprintable() and any(not line.isprintable() for line in lines):
        raise BadOffer("the offer holds characters that no SDP has")
    if not lines[0].startswith("v=0"):
        raise BadOffer("the offer is not an SDP session description (it does not begin with v=0)")
    kept = [line for line in lines if line and not _left_out(line)]
    if sum(line.startswith("a=candidate:") for line in kept) > MOST_CANDIDATES:
        raise BadOffer(f"the offer has more than {MOST_CANDIDATES} ICE candidates")
    if sum(line.startswith("m=") for line in kept) > MOST_SECTIONS:
        raise BadOffer(f"the offer has more than {MOST_SECTIONS} media sections")
    text = "\r\n".join(kept) + "\r\n"
    try:
        description = SessionDescription.parse(text)
    except _PARSER_ERRORS as error:
        raise BadOffer(f"the offer is not a valid SDP session description: {error or type(error).__name__}") from error
    return Offer(text, _check(description), _repeats(description))


def _left_out(line: str) -> bool:
    if line.startswith("a=end-of-candidates"):
        return True
    parts = line.split()
    return line.startswith("a=candidate:") and len(parts) > 4 and parts[4].lower().endswith(".local")


def _check(description: SessionDescription) -> bool:
    """Whether the page sends sound."""
    sections = description.media
    audio = [m for m in sections if m.kind == "audio"]
    if not audio:
        raise BadOffer("the offer has no audio section")
    if not any(m.kind == "application" for m in sections):
        raise BadOffer("the offer has no data channel: open one named 'control' before the offer is made")
    for media in sections:
        if media.kind not in ("audio", "video", "application"):
            raise BadOffer(f"the offer has a section of an unknown kind: {media.kind!r}")
        if media.ice is None or not media.ice.usernameFragment or not media.ice.password:
            raise BadOffer("the offer lacks an ICE user name or password")
        if media.dtls is None or not media.dtls.fingerprints:
            raise BadOffer("the offer lacks a DTLS fingerprint")
        if media.kind != "application" and not media.rtcp_mux:
            raise BadOffer("the offer does not use rtcp-mux")
    if not any(c.mimeType.lower() == "audio/opus" for c in audio[0].rtp.codecs):
        raise BadOffer("the offer has no Opus, the only sound format that is spoken here")
    bundle = {mid for group in description.group if group.semantic == "BUNDLE" for mid in group.items}
    if len(sections) > 1 and not {m.rtp.muxId for m in sections} <= bundle:
        raise BadOffer("the offer does not bundle its sections onto one transport")
    return audio[0].direction in ("sendrecv", "sendonly")


def _repeats(description: SessionDescription) -> bool:
    """Whether generic NACK (RFC 4585 section 4.2) stands beside Opus. Browsers can, and say so for pictures alone: our
    page writes it into its offer."""
    audio = next(m for m in description.media if m.kind == "audio")
    opus = [c for c in audio.rtp.codecs if c.mimeType.lower() == "audio/opus"]
    return any(f.type == "nack" and not f.parameter for codec in opus for f in codec.rtcpFeedback)


def with_repeats(sdp: str) -> str:
    """The description with generic NACK beside each Opus that has none."""
    lines: list[str] = []
    for line in sdp.splitlines():
        lines.append(line)
        opus = re.match(r"a=rtpmap:(\d+) opus/48000", line, re.IGNORECASE)
        if opus is not None and f"a=rtcp-fb:{opus[1]} nack" not in sdp.splitlines():
            lines.append(f"a=rtcp-fb:{opus[1]} nack")
    return "\r\n".join(lines) + "\r\n"
