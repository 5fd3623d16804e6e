"""Where a file says it comes from: its container's metadata, its encoder's traces, and a C2PA manifest if it has one.

C2PA manifests are read with the official library (`pip install 'vidscout[forensics]'`); without it that is said. All
of it can be stripped or forged, save the signature: a missing manifest means nothing, and so does missing metadata.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ..media.packets import open_media, video_stream

GENERATED = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
"""IPTC digital source types by which a manifest declares that a model made the picture."""
PACKETS = 20_000
"""Packets read for the codec's fingerprint: 10 minutes or more."""
TOLD = (
    "encoder",
    "make",
    "model",
    "software",
    "creation_time",
    "com.apple.quicktime.make",
    "com.apple.quicktime.model",
    "com.apple.quicktime.software",
    "com.android.version",
    "comment",
    "description",
    "title",
    "handler_name",
)
"""Metadata worth showing."""


@dataclass(frozen=True)
class Provenance:
    """What the file tells of itself; claims, not findings."""

    container: str = ""
    codec: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    gop: dict[str, Any] = field(default_factory=dict)
    """Codec fingerprint: seconds between keyframes, share of the commonest distance, bits a pixel, packet rhythm."""
    c2pa: dict[str, Any] = field(default_factory=dict)
    """`status`: `none`, `valid`, `trusted`, `invalid`, `unreadable` or `library missing`; with a manifest what it
    claims."""
    notes: tuple[str, ...] = ()

    @property
    def declares_generated(self) -> bool:
        """A manifest whose signature holds says that a model made this."""
        return self.c2pa.get("status") in {"valid", "trusted"} and bool(self.c2pa.get("declares_generated"))


def provenance(path: Path) -> Provenance:
    """Read what a file says of itself.

    Raises:
        MediaError: the file cannot be opened.
    """
    with open_media(path) as container:
        told = {key.lower(): str(value)[:200] for key, value in container.metadata.items() if key.lower() in TOLD}
        stream = video_stream(container)
        for other in container.streams:
            told |= {
                f"{other.type}.{key.lower()}": str(value)[:200]
                for key, value in other.metadata.items()
                if key.lower() in TOLD
            }
        gop = {}
        if stream is not None:
            pixels = max(stream.codec_context.width * stream.codec_context.height, 1)
            gop = _fingerprint(container, stream, pixels)
        name = container.format.name
        codec = stream.codec.canonical_name if stream is not None else ""
    manifest = c2pa_manifest(path)
    notes = []
    if not any(key.split(".")[-1] in {"make", "model", "creation_time", "software"} for key in told):
        notes.append("the metadata name no camera and no date: usual after editing or upload, so it proves nothing")
    if manifest["status"] == "library missing":
        notes.append("C2PA manifests were not looked for: pip install 'vidscout[forensics]'")
    return Provenance(name, codec, told, gop, manifest, tuple(notes))


def _fingerprint(container: Any, stream: Any, pixels: int) -> dict[str, Any]:
    sizes, keys = [], []
    for number, packet in enumerate(container.demux(stream)):
        if number >= PACKETS:
            break
        if packet.size:
            if packet.is_keyframe:
                keys.append(len(sizes))
            sizes.append(packet.size)
    if len(sizes) < 2:
        return {}
    gaps = Counter(after - before for before, after in pairwise(keys))
    inter = np.array([size for at, size in enumerate(sizes) if at not in set(keys)], float)
    found: dict[str, Any] = {
        "packets": len(sizes),
        "keyframes": len(keys),
        "bits_a_pixel": round(8 * float(np.mean(sizes)) / pixels, 4),
    }
    if gaps:
        gap, often = gaps.most_common(1)[0]
        found |= {"keyframe_distance": gap, "regular": round(often / sum(gaps.values()), 3)}
    if len(inter) >= 64:
        period, strength = _rhythm(inter)
        found |= {"size_period": period, "size_rhythm": strength}
    return found


def _rhythm(sizes: np.ndarray) -> tuple[int, float]:
    """The strongest period, in frames, of the sizes of inter-coded frames, with its autocorrelation.

    An earlier encoder's keyframes come back as larger inter frames at their old distance (Wang and Farid, 2006).
    Fooled by B-frame pyramids, whose short rhythm is not counted, and by periodic motion.
    """
    logs = np.log(sizes + 1)
    flat = logs - np.convolve(logs, np.ones(9) / 9, "same")
    flat = flat - flat.mean()
    power = np.abs(np.fft.rfft(flat, 2 * len(flat))) ** 2
    lags = np.fft.irfft(power)[: len(flat)]
    lags = lags / max(lags[0], 1e-9)
    low, high = 9, min(300, len(flat) // 3)
    if high <= low:
        return 0, 0.0
    best = int(np.argmax(lags[low:high])) + low
    return best, round(float(lags[best]), 3)


def c2pa_manifest(path: Path) -> dict[str, Any]:
    """The active manifest's claims and whether its signature holds."""
    if find_spec("c2pa") is None:
        return {"status": "library missing"}
    import c2pa

    try:
        with c2pa.Reader(str(path)) as reader:
            read = json.loads(reader.json())
    except c2pa.C2paError as error:
        said = str(error)
        unsupported = "ManifestNotFound" in said or "NotSupported" in said or "not supported" in said.lower()
        return {"status": "none"} if unsupported else {"status": "unreadable", "reason": said[:200]}
    manifest = read.get("manifests", {}).get(read.get("active_manifest"), {})
    types = sorted(
        {
            str(action.get("digitalSourceType", "")).rsplit("/", 1)[-1]
            for assertion in manifest.get("assertions", [])
            if assertion.get("label", "").startswith("c2pa.actions")
            for action in assertion.get("data", {}).get("actions", [])
        }
        - {""}
    )
    problems = [str(one.get("code")) for one in read.get("validation_status") or []]
    # an unknown signer is not a broken signature
    broken = [code for code in problems if code != "signingCredential.untrusted"]
    return {
        "status": "invalid" if broken else "valid" if problems else "trusted",
        "generator": manifest.get("claim_generator") or (manifest.get("claim_generator_info") or [{}])[0].get("name"),
        "issuer": (manifest.get("signature_info") or {}).get("issuer"),
        "signed": (manifest.get("signature_info") or {}).get("time"),
        "digital_source_types": types,
        "declares_generated": any(one in GENERATED for one in types),
        "problems": problems,
    }
