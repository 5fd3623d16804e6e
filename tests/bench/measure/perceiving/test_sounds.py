"""How sounds are counted, and what mixtures are made of."""

import struct
import tomllib
from itertools import pairwise

import numpy as np
import pytest
from vidscout.bench.data import sounds as data
from vidscout.bench.data.sounds import Mixture, _in_resources, made
from vidscout.bench.measure.perceiving.sounds import Listened, counted, fitted, table_of
from vidscout.tools.perception.sounds.tagger import Heard
from vidscout.tools.records import Span

TRUTH = ((Span(2, 4), "Dog"), (Span(10, 12), "Dog"), (Span(6, 8), "Rain"))


def listened(scores: dict[int, float]) -> list[Listened]:
    """A mixture of 15 s in which `Dog` has these probabilities in these seconds."""
    rows = np.array([[scores.get(second, 0.0)] for second in range(15)], np.float32)
    heard = Heard(("Dog",), rows, tuple(map(float, range(15))), 1.0)
    return [Listened(Mixture(np.zeros(1, np.float32), TRUTH), heard)]


def test_a_span_beside_a_sound_finds_it_and_one_elsewhere_is_a_false_alarm():
    counts = counted(listened({3: 0.9, 7: 0.9}), "Dog", 0.5)
    assert (counts.right, counts.missed, counts.wrong) == (1, 1, 1)
    assert counts.f1 == pytest.approx(0.5)


def test_the_threshold_is_the_lowest_of_the_best():
    parts = listened({2: 0.8, 11: 0.8, 7: 0.32})
    assert fitted(parts, "Dog") == 0.35
    assert counted(parts, "Dog", 0.35).f1 == 1


def test_the_table_of_offered_classes_says_which_is_a_kind_of_which():
    rows = [{"class": name, "threshold": 0.4} for name in ("Animal", "Dog", "Train")]
    written = tomllib.loads(table_of(rows))
    assert written["yamnet"] == {"Animal": 0.4, "Dog": 0.4, "Train": 0.4}
    assert written["within"] == {"Dog": ["Animal"]}


def test_development_and_report_share_no_recording_and_no_package_and_no_tone():
    table = data._table()
    packages = {
        part: {clip.partition("/")[0] for clips in table[part].values() for clip in clips}
        for part in ("development", "report")
    }
    assert not packages["development"] & packages["report"]
    assert set(table["development"]) == set(table["report"])
    for one, other in zip(made("development").values(), made("report").values(), strict=True):
        assert all(not np.array_equal(a, b) for a in one for b in other)


def test_every_recording_is_used_three_times_and_sounds_lie_apart(monkeypatch: pytest.MonkeyPatch):
    noise = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    monkeypatch.setattr(data, "recordings", lambda part: {"Owl": [noise, noise[:8000]], "Speech": [noise]})
    mixtures = list(data.mixtures("report", 1))
    owls = [span for mixture in mixtures for span, name in mixture.truth if name == "Owl"]
    birds = [span for mixture in mixtures for span, name in mixture.truth if name == "Bird"]
    assert len(owls) == 6
    assert birds == owls  # by AudioSet's ontology
    for mixture in mixtures:
        assert len(mixture.samples) == 60 * 16_000
        starts = sorted({(span.start, span.end) for span, _ in mixture.truth})
        assert all(later[0] - before[1] >= 2.5 for before, later in pairwise(starts))


def test_an_archive_of_qt_is_opened():
    name = "sounds.wav"
    names = struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
    content = b"RIFFtest"
    file = struct.pack(">I", len(content)) + content
    root = struct.pack(">IHII", 0, 2, 1, 1)[:14]
    leaf = struct.pack(">IHHHI", 0, 0, 0, 0, 0)
    tree = 20
    data_at = tree + 28
    packed = b"qres" + struct.pack(">IIII", 1, tree, data_at, data_at + len(file)) + root + leaf + file + names
    assert list(_in_resources(packed, "farm")) == [("farm/sounds.wav", content)]
    assert list(_in_resources(b"no archive", "farm")) == []
