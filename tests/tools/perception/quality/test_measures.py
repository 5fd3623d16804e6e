"""Each measure of quality on pictures and sounds that are made for it."""

import numpy as np
import pytest
from vidscout.bench.measure.perceiving.quality import (
    PICTURE,
    banded,
    blocky,
    blurred,
    measured,
    noisy,
    underexposed,
)
from vidscout.tools.media.audio import AudioChunk
from vidscout.tools.perception.quality import motion, picture, sound
from vidscout.tools.perception.quality.blocks import blockiness, levelled
from vidscout.tools.perception.quality.examine import poor, skipped_for, stretches
from vidscout.tools.perception.quality.score import MEASURES, Level, level_of, score_of


def textured(count: int = 50, height: int = 144, width: int = 192) -> np.ndarray:
    """A picture of soft shapes, detail and slopes that drifts slowly to the right: (N, H, W, 3) uint8."""
    import cv2

    random = np.random.default_rng(4)
    wide = cv2.GaussianBlur(random.normal(0, 1, (height, width + 60)).astype(np.float32), (0, 0), 9)
    fine = cv2.GaussianBlur(random.normal(0, 1, (height, width + 60)).astype(np.float32), (0, 0), 1)
    slope = np.linspace(-30, 30, width + 60)[None]
    field = 120 + wide / wide.std() * 25 + fine / fine.std() * 6 + slope
    drift = [field[:, 55 - n : 55 - n + width] for n in range(count)]
    return np.clip(np.rint(np.stack(drift)), 0, 255).astype(np.uint8)[..., None].repeat(3, axis=3)


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    return textured()


@pytest.mark.parametrize("own", [name for name in PICTURE if name != "banding"])
def test_a_measure_moves_one_way_with_its_own_defect(own: str, clip: np.ndarray):
    defect = PICTURE[own][1]
    values = [measured(clip)[own]]
    values += [measured(defect(clip, strength, np.random.default_rng(1)))[own] for strength in (2, 3, 4)]
    steps = np.diff(values)
    assert (steps > 0).all(), values


def test_a_slope_in_steps_is_banded_and_one_with_noise_is_not():
    slope = np.linspace(60, 150, 480, dtype=np.float32)[None] + 0.3 * np.arange(80, dtype=np.float32)[:, None]
    smooth = np.rint(slope + np.random.default_rng(0).uniform(-0.5, 0.5, slope.shape)).astype(np.float32)
    values = [picture.banding(smooth), *(picture.banding(np.round(slope / step) * step) for step in (4, 8, 16))]
    assert values[0] < 1
    assert (np.diff(values) > 0).all()
    panel = np.full((80, 480), 240, np.float32)
    panel[20:60, 100:300] = 228
    assert picture.banding(panel) == 0


def slide(ground: int, ink: int) -> np.ndarray:
    """Three seconds of an even surface with two lines of writing: (N, H, W, 3) uint8."""
    import cv2

    image = np.full((360, 640, 3), ground, np.uint8)
    for row, line in enumerate(("Quarterly results", "Costs are flat")):
        cv2.putText(image, line, (60, 120 + 80 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (ink,) * 3, 3, cv2.LINE_AA)
    return np.repeat(image[None], 30, axis=0)


@pytest.mark.parametrize(("ground", "ink"), [(255, 20), (120, 255), (40, 230)])
def test_a_still_even_slide_is_not_a_bad_picture(ground: int, ink: int):
    found = measured(slide(ground, ink), 10.0)
    assert level_of(score_of(found)) is Level.EXCELLENT, found
    assert picture.drawn(picture.luma(slide(ground, ink)[0]))


def test_a_camera_picture_is_not_drawn_and_its_standing_still_and_overexposure_count(clip: np.ndarray):
    still = np.repeat(clip[:1], 50, axis=0)
    white = np.clip(clip.astype(int) * 2, 0, 255).astype(np.uint8)
    assert not picture.drawn(picture.luma(clip[0]))
    assert measured(still)["frozen"] == 1.0
    assert picture.overexposure(picture.luma(white[0])) > 0.2


def test_noise_is_told_in_grey_levels_and_does_not_pass_for_detail(clip: np.ndarray):
    grey = picture.luma(clip[0])
    disturbed = grey + np.random.default_rng(0).normal(0, 8, grey.shape).astype(np.float32)
    assert picture.noise(grey) < 2
    assert picture.noise(disturbed) == pytest.approx(8, rel=0.2)
    clean = picture.sharpness(grey)
    assert abs(picture.sharpness(disturbed) - clean) < 0.5 * abs(picture.sharpness(disturbed, sigma=0.0) - clean)


def test_blocks_are_found_wherever_their_grid_lies(clip: np.ndarray):
    spoilt = picture.luma(blocky(clip[:1], 3, np.random.default_rng(0))[0])
    for shift in (0, 3):
        assert blockiness(spoilt[shift:, shift:]) > 3 > 3 * blockiness(picture.luma(clip[0]))


def test_blocks_and_darkness_leave_edges_as_wide_as_they_are(clip: np.ndarray):
    random = np.random.default_rng(0)
    clean, soft = (picture.sharpness(picture.luma(one[0])) for one in (clip, blurred(clip[:1], 4, random)))
    for spoilt in (blocky(clip[:1], 4, random), underexposed(clip[:1], 2, random)):
        assert abs(picture.sharpness(picture.luma(spoilt[0])) - clean) < 0.1 * (soft - clean)


def test_a_picture_whose_blocks_are_levelled_is_the_one_before(clip: np.ndarray):
    grey = picture.luma(clip[0])
    spoilt = picture.luma(blocky(clip[:1], 4, np.random.default_rng(0))[0])
    assert levelled(grey) is grey
    level = levelled(spoilt)
    assert blockiness(level) < 0.2 * blockiness(spoilt)
    steps = [np.abs(np.diff(one - grey, axis=1)).mean() for one in (spoilt, level)]
    assert steps[1] < 0.2 * steps[0]


def test_a_cut_is_no_flicker_and_a_pan_is_no_shake(clip: np.ndarray):
    small = np.stack([picture.luma(image) for image in clip])
    times = np.arange(len(small)) / 25
    cut = np.concatenate([small[:6], 255 - small[6:]])
    assert motion.flicker(cut, times).max() < 1
    assert motion.shake(small, times).mean() < 0.2
    jolted = np.stack([np.roll(image, 6 * (-1) ** n, axis=1) for n, image in enumerate(small)])
    assert motion.shake(jolted, times).mean() > 2


def test_half_a_second_of_one_picture_is_frozen_and_less_is_duplicated(clip: np.ndarray):
    small = np.stack([picture.luma(image) for image in clip])
    held = np.concatenate([small[:4], small[3:4].repeat(2, axis=0), small[4:6], small[5:6].repeat(15, axis=0)])
    frozen, duplicated = motion.still(held, 0.04)
    assert frozen.sum() == 15
    assert duplicated.sum() == 2
    assert not (frozen & duplicated).any()


def test_loudness_is_that_of_the_standard_and_silence_has_none():
    time = np.arange(160_000) / 16_000
    tone = (10 ** (-23 / 20) * np.sin(2 * np.pi * 997 * time)).astype(np.float32)
    whole, curve = sound.loudness([AudioChunk(0, tone[:70_000]), AudioChunk(4.375, tone[70_000:])])
    assert whole == pytest.approx(-26.0, abs=0.2)  # EBU Tech 3341: a stereo sine of -23 dBFS has -23 LUFS, mono 3 less
    assert 5 < len(curve) <= 10
    assert sound.loudness([AudioChunk(0, np.zeros(32_000, np.float32))])[0] is None


def test_a_wave_that_is_cut_off_is_clipped_and_a_quiet_or_whole_one_is_not():
    time = np.arange(16_000) / 16_000
    wave = np.sin(2 * np.pi * 220 * time)
    shares = [sound.clipping(np.clip(wave * gain, -0.5, 0.5)) for gain in (0.4, 0.6, 1, 2)]
    assert shares[0] == 0
    assert (np.diff(shares) > 0).all()
    assert sound.clipping(0.01 * np.sign(wave)) == 0


def test_the_score_falls_with_badness_and_has_five_levels():
    clean = {name: about.good for name, about in MEASURES.items()}
    assert (score_of(clean), level_of(score_of(clean))) == (5.0, Level.EXCELLENT)
    half = clean | {"noise": (MEASURES["noise"].good + MEASURES["noise"].bad) / 2}
    assert 1 < score_of(half) < 5
    assert level_of(score_of(clean | {"noise": MEASURES["noise"].bad})) is Level.BAD
    assert score_of({"loudness": -33.0}) == score_of({"loudness": -13.0}) < score_of({"loudness": -25.0}) < 5
    assert [level_of(score) for score in (1, 2, 3, 4, 5)] == [
        Level.BAD,
        Level.POOR,
        Level.FAIR,
        Level.GOOD,
        Level.EXCELLENT,
    ]


def poor_of(grey: np.ndarray) -> list[str]:
    return poor(skipped_for(grey))


def test_a_picture_is_left_out_only_at_the_bad_end(clip: np.ndarray):
    assert poor_of(picture.luma(clip[0])) == []
    black = np.full((144, 192), 3, np.float32)
    assert "underexposure" in poor_of(black)
    random = np.random.default_rng(0)
    assert "sharpness" in poor_of(picture.luma(blurred(blurred(clip[:1], 4, random), 4, random)[0]))
    assert "noise" in poor_of(picture.luma(noisy(noisy(clip[:1], 4, random), 4, random)[0]))
    assert poor_of(picture.luma(banded(clip[:1], 1, random)[0])) == []


def test_a_long_video_is_looked_at_in_stretches_spread_over_all_of_it():
    assert stretches(10, 120) == [(0, 5), (5, 10)]
    spread = stretches(1000, 20)
    assert [end - start for start, end in spread] == pytest.approx([4] * 5)
    assert (spread[0][0], spread[-1][1]) == (0, pytest.approx(1000))
