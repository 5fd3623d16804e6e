"""What files say of themselves: metadata, codec traces, and C2PA manifests that are really signed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from vidscout.bench.data import alterations
from vidscout.tools.forensics.provenance import provenance

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
CAPTURED = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


@pytest.fixture
def clip(tmp_path: Path, carphone: Path) -> Path:
    pictures, rate = alterations.read(carphone, 1.0)
    return alterations.write(tmp_path / "clip.mp4", pictures, rate)


@pytest.fixture(scope="module")
def chain() -> tuple[bytes, bytes]:
    """A certificate chain that nobody trusts, and the signer's key, as PEM."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    now = datetime.now(UTC)

    def name(common: str) -> Any:
        return x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
        )

    def usage(*, signs: bool, certifies: bool) -> Any:
        return x509.KeyUsage(signs, False, False, False, False, certifies, certifies, False, False)

    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [name("Test root"), name("Test signer")]
    made = []
    for at, (key, subject) in enumerate(zip(keys, names, strict=True)):
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(names[0])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=at == 0, path_length=None), critical=True)
            .add_extension(usage(signs=at == 1, certifies=at == 0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), critical=False)
        )
        if at == 1:
            mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(mail, critical=False)
        made.append(builder.sign(keys[0], hashes.SHA256()))
    pem = serialization.Encoding.PEM
    private = keys[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return b"".join(one.public_bytes(pem) for one in reversed(made)), private


def signed(clip: Path, target: Path, chain: tuple[bytes, bytes], source_type: str) -> Path:
    c2pa = pytest.importorskip("c2pa")
    certificates, key = chain
    action = {"action": "c2pa.created", "digitalSourceType": source_type}
    manifest = {
        "claim_generator_info": [{"name": "test camera", "version": "1"}],
        "title": clip.name,
        "format": "video/mp4",
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}],
    }
    settings = c2pa.C2paSignerInfo(alg=b"es256", sign_cert=certificates, private_key=key, ta_url=None)
    with c2pa.Builder(json.dumps(manifest)) as builder, c2pa.Signer.from_info(settings) as signer:
        builder.sign_file(str(clip), str(target), signer)
    return target


def test_a_signed_declaration_that_a_model_made_it_is_read(
    clip: Path, chain: tuple[bytes, bytes], tmp_path: Path
) -> None:
    told = provenance(signed(clip, tmp_path / "signed.mp4", chain, GENERATED))
    assert told.c2pa["status"] == "valid", told.c2pa
    assert told.c2pa["generator"] == "test camera"
    assert told.c2pa["issuer"] == "Test"
    assert told.declares_generated


def test_a_signed_camera_declares_nothing_of_the_kind(clip: Path, chain: tuple[bytes, bytes], tmp_path: Path) -> None:
    told = provenance(signed(clip, tmp_path / "signed.mp4", chain, CAPTURED))
    assert told.c2pa["digital_source_types"] == ["digitalCapture"]
    assert not told.declares_generated


def test_a_picture_that_was_changed_after_signing_breaks_the_signature(
    clip: Path, chain: tuple[bytes, bytes], tmp_path: Path
) -> None:
    path = signed(clip, tmp_path / "signed.mp4", chain, GENERATED)
    data = bytearray(path.read_bytes())
    place = data.index(b"mdat") + 2000
    data[place : place + 8] = bytes(255 - byte for byte in data[place : place + 8])
    path.write_bytes(data)
    told = provenance(path)
    assert told.c2pa["status"] == "invalid", told.c2pa
    assert not told.declares_generated


def test_a_file_without_a_manifest_has_none(clip: Path) -> None:
    pytest.importorskip("c2pa")
    assert provenance(clip).c2pa == {"status": "none"}


def test_stripping_metadata_tag_by_tag_leaves_less_and_less(clip: Path, tmp_path: Path) -> None:
    tags = {"title": "A walk", "comment": "from the phone", "description": "a man in a car"}
    counts = []
    for left in (3, 2, 1, 0):
        path = tmp_path / f"{left}.mp4"
        with av.open(str(clip)) as source, av.open(str(path), "w") as target:
            stream = target.add_stream_from_template(source.streams.video[0])
            target.metadata.update(dict(list(tags.items())[:left]))
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
        counts.append(len(set(provenance(path).metadata) & set(tags)))
    assert counts == [3, 2, 1, 0]


def test_stronger_compression_leaves_fewer_bits_a_pixel(carphone: Path, tmp_path: Path) -> None:
    pictures, rate = alterations.read(carphone, 1.0)
    bits = [
        provenance(alterations.write(tmp_path / f"{crf}.mp4", pictures, rate, crf)).gop["bits_a_pixel"]
        for crf in (18, 26, 34, 42)
    ]
    assert (np.diff(bits) < 0).all()
