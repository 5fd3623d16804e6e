"""Clips altered in one known way, and scenes made without a camera: what a forensic signal must notice.

Nothing here comes from a video model. Alterations take and give (n, h, w, 3) uint8 RGB frames and a strength of 0..1;
at 0 they return the frames as they are.
"""

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np

from ...tools.media import video as media

Frames = np.ndarray
Alteration = Callable[[Frames, float], Frames]


def read(path: Path, seconds: float = 6.0, start: float = 0.0, longest_side: int = 1280) -> tuple[Frames, float]:
    """A clip's frames and their true mean rate, which the header of a file with dropped frames does not tell."""
    rate = media.probe(path).fps or 25.0
    taken = list(media.frames(path, rate, longest_side, start, start + seconds))
    if len(taken) > 1:
        rate = (len(taken) - 1) / (taken[-1].time - taken[0].time)
    return np.stack([frame.image for frame in taken]), rate


def write(path: Path, frames: Iterable[np.ndarray], rate: float, crf: int = 18, **options: str) -> Path:
    """Encode frames as H.264; odd sizes lose their last row or column."""
    import av
    from av.video.frame import VideoFrame

    exact = Fraction(rate).limit_denominator(1001)  # what frame rates of cameras can be written with
    with av.open(str(path), "w") as target:
        settings = {"preset": "veryfast", "crf": str(crf), "threads": "1", **options}
        stream = target.add_stream("libx264", rate=exact, options=settings)
        stream.pix_fmt = "yuv420p"
        for number, image in enumerate(frames):
            even = np.ascontiguousarray(image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2])
            if number == 0:
                stream.height, stream.width = even.shape[:2]
            shown = VideoFrame.from_ndarray(even, format="rgb24")
            shown.pts, shown.time_base = number, 1 / exact
            target.mux(stream.encode(shown))
        target.mux(stream.encode(None))
    return path


def smoothed_over_time(frames: Frames, strength: float) -> Frames:
    """Each frame mixed with its neighbours, as interpolation and over-smoothing do."""
    if strength <= 0:
        return frames
    reach = 1 + round(3 * strength)
    weights = np.array([1.0 if n == 0 else strength for n in range(-reach, reach + 1)])
    weights /= weights.sum()
    at = np.clip(np.arange(len(frames))[:, None] + np.arange(-reach, reach + 1), 0, len(frames) - 1)
    out = np.empty_like(frames)
    for number, row in enumerate(at):
        mixed = sum(weight * frames[place].astype(np.float32) for weight, place in zip(weights, row, strict=True))
        out[number] = np.rint(mixed)
    return out


def trailing(frames: Frames, strength: float) -> Frames:
    """Each frame mixed with what was shown before it, as denoising over time does; 85 % of that at full strength."""
    out = frames.astype(np.float32)
    for number in range(1, len(out)):
        out[number] += 0.85 * strength * (out[number - 1] - out[number])
    return np.rint(out).astype(np.uint8)


def interpolated(frames: Frames, strength: float) -> Frames:
    """Every second frame replaced by the mean of its neighbours, mixed in by strength: doubling of a frame rate."""
    out = frames.copy()
    for number in range(1, len(frames) - 1, 2):
        mean = (frames[number - 1].astype(np.float32) + frames[number + 1]) / 2
        out[number] = np.rint(strength * mean + (1 - strength) * frames[number])
    return out


def stripped_of_noise(frames: Frames, strength: float) -> Frames:
    """Fine structure taken out of each frame, edges kept: a guided blend with a bilateral filter."""
    import cv2

    if strength <= 0:
        return frames
    cleaned = [cv2.bilateralFilter(frame, 7, 45, 3) for frame in frames]
    return np.stack([cv2.addWeighted(c, strength, f, 1 - strength, 0) for c, f in zip(cleaned, frames, strict=True)])


def upsampled(frames: Frames, strength: float) -> Frames:
    """Scaled down and back up; at full strength by 2."""
    import cv2

    if strength <= 0:
        return frames
    height, width = frames.shape[1:3]
    factor = 1 + strength
    small = (max(round(width / factor), 2), max(round(height / factor), 2))
    return np.stack(
        [
            cv2.resize(
                cv2.resize(f, small, interpolation=cv2.INTER_AREA), (width, height), interpolation=cv2.INTER_CUBIC
            )
            for f in frames
        ]
    )


def flickering(frames: Frames, strength: float) -> Frames:
    """Each frame brighter or darker by chance, up to 12 % at full strength."""
    gains = 1 + 0.12 * strength * np.random.default_rng(0).uniform(-1, 1, len(frames))
    return np.stack([np.clip(np.rint(f * g), 0, 255).astype(np.uint8) for f, g in zip(frames, gains, strict=True)])


def jittered(frames: Frames, strength: float, reach: float = 4.0) -> Frames:
    """Each frame bent by a smooth field of its own, up to so many pixels: motion that is nobody's."""
    import cv2

    if strength <= 0:
        return frames
    generator = np.random.default_rng(0)
    height, width = frames.shape[1:3]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    out = []
    for frame in frames:
        field = generator.uniform(-reach * strength, reach * strength, (4, 5, 2)).astype(np.float32)
        bend = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
        out.append(
            cv2.remap(frame, x + bend[..., 0], y + bend[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        )
    return np.stack(out)


def patterned(frames: Frames, strength: float) -> Frames:
    """The same faint noise on each frame, up to 6 grey levels: a pattern that stays."""
    pattern = np.random.default_rng(0).normal(0, 6 * strength, (*frames.shape[1:3], 1))
    return np.stack([np.clip(np.rint(f + pattern), 0, 255).astype(np.uint8) for f in frames])


def blurred(frames: Frames, strength: float) -> Frames:
    """Out of focus, by a Gaussian of up to 3 pixels."""
    import cv2

    return np.stack([cv2.GaussianBlur(f, (0, 0), 3 * strength) for f in frames]) if strength > 0 else frames


def blocky(frames: Frames, strength: float) -> Frames:
    """The 8×8 blocks of a coarse codec, each faded toward its mean."""
    import cv2

    height, width = (side // 8 * 8 for side in frames.shape[1:3])
    out = frames.copy()
    for shown in out:
        means = cv2.resize(shown[:height, :width], (width // 8, height // 8), interpolation=cv2.INTER_AREA)
        flat = cv2.resize(means, (width, height), interpolation=cv2.INTER_NEAREST)
        shown[:height, :width] = cv2.addWeighted(flat, 0.6 * strength, shown[:height, :width], 1 - 0.6 * strength, 0)
    return out


def drained(frames: Frames, strength: float) -> Frames:
    """Colour taken out."""
    grey = frames.mean(axis=-1, keepdims=True)
    return np.rint(frames + strength * 0.8 * (grey - frames)).astype(np.uint8)


def darkening(frames: Frames, strength: float) -> Frames:
    """A fade to a third of the brightness at full strength."""
    gains = 1 - np.linspace(0, 0.67 * strength, len(frames))
    return np.rint(frames * gains[:, None, None, None]).astype(np.uint8)


def frozen(frames: Frames, strength: float) -> Frames:
    """Each frame mixed with the first one."""
    return np.rint(frames + 0.9 * strength * (frames[:1].astype(np.float32) - frames)).astype(np.uint8)


ALTERATIONS: dict[str, Alteration] = {
    "smoothed over time": smoothed_over_time,
    "trailing": trailing,
    "interpolated": interpolated,
    "stripped of noise": stripped_of_noise,
    "upsampled": upsampled,
    "flickering": flickering,
    "jittered": jittered,
    "patterned": patterned,
    "blurred": blurred,
    "blocky": blocky,
    "drained": drained,
    "darkening": darkening,
    "frozen": frozen,
}


# Scenes without a camera

Scene = Callable[[int, int, int], Frames]
"""From a seed, the number of frames and the height to frames of 16:9."""


def gradients(seed: int, count: int, height: int) -> Frames:
    """Coloured gradients that turn and drift."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 16 / 9 : (height * 16 // 9) * 1j]
    angle, speed = generator.uniform(0, 6.3, 3), generator.uniform(0.5, 2.0, 3)
    out = np.empty((count, *y.shape, 3), np.uint8)
    for n in range(count):
        for c in range(3):
            turn = angle[c] + 0.02 * speed[c] * n
            wave = np.sin(4 * (x * np.cos(turn) + y * np.sin(turn)) + 0.05 * speed[c] * n)
            out[n, ..., c] = 127 + 100 * wave
    return out


def particles(seed: int, count: int, height: int) -> Frames:
    """Bright discs that fly over a dark ground, with noise of its own in each frame."""
    import cv2

    generator = np.random.default_rng(seed)
    width = height * 16 // 9
    places = generator.uniform(0, 1, (60, 2)) * (width, height)
    speeds, sizes = generator.normal(0, 3, (60, 2)), generator.integers(2, 14, 60)
    colours = generator.integers(60, 255, (60, 3))
    out = np.empty((count, height, width, 3), np.uint8)
    for n in range(count):
        picture = np.full((height, width, 3), 18, np.uint8)
        for place, size, colour in zip((places + speeds * n) % (width, height), sizes, colours, strict=True):
            centre = (int(place[0]), int(place[1]))
            cv2.circle(picture, centre, int(size), tuple(map(int, colour)), -1, cv2.LINE_AA)
        noise = generator.normal(0, 5, picture.shape)
        out[n] = np.clip(picture + noise, 0, 255)
    return out


def landscape(seed: int, count: int, height: int) -> Frames:
    """A procedural terrain of value noise, flown over: smooth, deterministic, without a sensor."""
    import cv2

    generator = np.random.default_rng(seed)
    width = height * 16 // 9
    ground = np.zeros((height + 2 * count, width + 2 * count), np.float32)
    for octave in range(2, 8):
        cells = generator.uniform(0, 1, (2**octave, 2**octave)).astype(np.float32)
        ground += cv2.resize(cells, ground.shape[::-1], interpolation=cv2.INTER_CUBIC) / 2 ** (octave - 2)
    ground = (ground - ground.min()) / (ground.max() - ground.min())
    ramp = np.array([[30, 60, 120], [80, 140, 90], [150, 130, 90], [240, 240, 245]], np.float32)
    levels = ground * 3
    low = np.minimum(levels.astype(int), 2)
    share = (levels - low)[..., None]
    painted = (ramp[low] * (1 - share) + ramp[low + 1] * share).astype(np.uint8)
    return np.stack([painted[2 * n : 2 * n + height, n : n + width] for n in range(count)])


SCENES: dict[str, Scene] = {"gradients": gradients, "particles": particles, "landscape": landscape}


def photo_moves(photo: np.ndarray, count: int, seed: int, size: tuple[int, int] = (640, 360)) -> Frames:
    """A single photo as a video: a slow pan and zoom, with a gentle warp: what cheap image-to-video does."""
    import cv2

    generator = np.random.default_rng(seed)
    width, height = size
    source_height, source_width = photo.shape[:2]
    zoom, drift = generator.uniform(0.001, 0.004), generator.normal(0, 0.4, 2)
    phase = generator.uniform(0, 6.3)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    scale = min(source_width / width, source_height / height) * 0.8
    out = []
    for n in range(count):
        grow = scale / (1 + zoom * n)
        across = (x - width / 2) * grow + source_width / 2 + drift[0] * n
        down = (y - height / 2) * grow + source_height / 2 + drift[1] * n
        wave = 1.5 * np.sin(y / 40 + phase + 0.1 * n)
        out.append(
            cv2.remap(
                photo,
                (across + wave).astype(np.float32),
                down.astype(np.float32),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REFLECT,
            )
        )
    return np.stack(out)


def spliced(
    clip: Frames, rate: float, alteration: Alteration, span: tuple[float, float], strength: float = 1.0
) -> Frames:
    """The clip with a stretch of it altered, given in seconds."""
    first, last = (int(at * rate) for at in span)
    return np.concatenate([clip[:first], alteration(clip[first:last], strength), clip[last:]])


def there_and_back(clip: Frames, count: int) -> Frames:
    """A short clip run forward and backward until it has so many frames: longer, and without a cut."""
    around = np.concatenate([clip, clip[::-1]])
    return np.concatenate([around] * (count // len(around) + 1))[:count]
