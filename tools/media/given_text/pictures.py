"""Subtitles that are pictures of text, as on DVDs, Blu-rays and in digital television: each a picture with its time.

FFmpeg decodes them to areas of coloured pixels. Here they are laid on black, since most letters are bright and have a
dark edge.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.subtitles.subtitle import BitmapSubtitle

from ...errors import MediaError
from ...geometry import Span
from ..clock import clock_of
from ..packets import open_media
from .palettes import Palettes
from .sidecars import Sidecar

LASTS = 5.0
"""Seconds that a picture stands at most whose end nothing tells."""
MOST = 60.0
"""Seconds from which a length is none: no line takes that long to be read."""
MARGIN = 24
"""Pixels of black around what is drawn."""
SEEN = 48
"""Brightness on black, 0..255, below which letters are taken for dark ones on nothing."""
LARGEST = 4096
"""Pixels of a side of a picture at most; UHD Blu-rays have 3,840."""
NEVER = 2**32 - 1
"""Milliseconds by which FFmpeg says that an end is not known."""


@dataclass(frozen=True, slots=True)
class Pictured:
    """A subtitle as a picture."""

    span: Span
    image: np.ndarray
    """(H, W, 3) uint8, RGB: as much as is drawn on, with a margin."""


def pictured(path: str | Path, number: int, sidecar: Sidecar | None = None) -> Iterator[Pictured]:
    """The pictures of a track in order, with times in seconds from the first picture or sound in the video.

    Args:
        path: of the video.
        number: of the track among those of subtitles in the video, or in the file beside it.
        sidecar: a file beside the video, where they are in one.

    Raises:
        MediaError: a file cannot be opened.
    """
    path = Path(path)
    zero = 0.0 if sidecar else float(clock_of(path).zero)
    with _opened(sidecar) if sidecar else open_media(path) as container:
        before: tuple[float, float | None, Drawn] = (0.0, None, [])
        for shown in chain(_shown(container, number), [(float("inf"), None, [])]):
            start, told, areas = before
            end = min(shown[0], told if told is not None and told - start < MOST else start + LASTS)
            image = drawn(areas)
            if image is not None and end > max(start, zero):
                yield Pictured(Span(max(start - zero, 0.0), end - zero), image)
            before = shown


def _opened(sidecar: Sidecar) -> InputContainer:
    try:
        return av.open(str(sidecar.path), "r", format=sidecar.format, metadata_errors="ignore")
    except (FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"{sidecar.path}: not subtitles ({str(error).lower()})") from error


Drawn = list[tuple[int, int, np.ndarray]]
"""Areas of a picture: left, top, and pixels (h, w, 4) uint8, RGBA."""


def _shown(container: InputContainer, number: int) -> Iterator[tuple[float, float | None, Drawn]]:
    """Start, end where it is told, and areas of each change of what is shown; none where it is cleared."""
    if number >= len(container.streams.subtitles):
        return
    stream = container.streams.subtitles[number]
    palettes = Palettes(stream.codec_context.codec.canonical_name, stream.codec_context.extradata or b"")
    try:
        for packet in container.demux(stream):
            if packet.pts is None or packet.time_base is None or not packet.size:
                continue
            colours = palettes.after(bytes(packet))
            try:
                decoded = stream.codec_context.decode2(packet)
            except FFmpegError:
                continue
            if decoded is None:
                continue
            at = float(packet.pts * packet.time_base)
            start, until = decoded.start_display_time / 1000, decoded.end_display_time
            told = until / 1000 if 0 < until < NEVER and until / 1000 > start else None
            if told is None and packet.duration and packet.duration > 0:
                told = float(packet.duration * packet.time_base)
            areas = [_area(rect, colours) for rect in decoded.rects if isinstance(rect, BitmapSubtitle) and rect.width]
            yield at + start, None if told is None else at + told, areas
    except FFmpegError:
        return  # a file that is cut off: what there is has been read


def _area(rect: BitmapSubtitle, colours: np.ndarray | None) -> tuple[int, int, np.ndarray]:
    # planes have the buffer protocol, which their stubs do not say
    indices = np.frombuffer(memoryview(cast(bytes, rect.planes[0])), np.uint8)[: rect.width * rect.height]
    picture = indices.reshape(rect.height, rect.width)
    return rect.x, rect.y, guessed(picture) if colours is None else colours[picture]


def guessed(indices: np.ndarray) -> np.ndarray:
    """Colours for indices that nothing tells the colours of: the further inside, the brighter.

    Args:
        indices: (h, w) uint8; the one that is most frequent at the edge is taken for the ground.

    Returns:
        (h, w, 4) uint8, RGBA.
    """
    import cv2

    edge = np.concatenate([indices[0], indices[-1], indices[:, 0], indices[:, -1]])
    ground = np.bincount(edge, minlength=256).argmax()
    depth = cv2.distanceTransform((indices != ground).astype(np.uint8), cv2.DIST_L2, 3)
    inside = {index: float(depth[indices == index].mean()) for index in np.unique(indices) if index != ground}
    shown = np.zeros((*indices.shape, 4), np.uint8)
    low, high = min(inside.values(), default=0.0), max(inside.values(), default=0.0)
    for index, deep in inside.items():
        bright = 255 if high - low < 1e-3 else round(255 * (deep - low) / (high - low))
        shown[indices == index] = (bright, bright, bright, 255)
    return shown


def drawn(areas: Drawn) -> np.ndarray | None:
    """Areas laid on black, (H, W, 3) uint8, RGB; None where nothing is to be seen.

    Of letters that are as dark as black, what they cover is drawn in white.
    """
    if not areas:
        return None
    left, top = min(x for x, _, _ in areas), min(y for _, y, _ in areas)
    width = max(x + one.shape[1] for x, _, one in areas) - left
    height = max(y + one.shape[0] for _, y, one in areas) - top
    if width > LARGEST or height > LARGEST:
        return None
    canvas = np.zeros((height + 2 * MARGIN, width + 2 * MARGIN, 3), np.uint8)
    covered = np.zeros(canvas.shape[:2], np.uint8)
    for x, y, shown in areas:
        rows = slice(y - top + MARGIN, y - top + MARGIN + shown.shape[0])
        columns = slice(x - left + MARGIN, x - left + MARGIN + shown.shape[1])
        alpha = shown[..., 3:].astype(np.uint16)
        below = canvas[rows, columns].astype(np.uint16)
        canvas[rows, columns] = ((shown[..., :3] * alpha + below * (255 - alpha)) // 255).astype(np.uint8)
        covered[rows, columns] = np.maximum(covered[rows, columns], alpha[..., 0].astype(np.uint8))
    if covered.max() == 0:
        return None
    return canvas if canvas.max() >= SEEN else np.repeat(covered[..., None], 3, axis=2)


def joined(lines: Sequence[tuple[Span, list[str]]], within: float) -> list[tuple[Span, list[str]]]:
    """Subtitles of which each goes on where the one before it ends, with the same words, as one."""
    found: list[tuple[Span, list[str]]] = []
    for span, said in lines:
        if found and said and found[-1][1] == said and span.start - found[-1][0].end < within:
            found[-1] = Span(found[-1][0].start, max(span.end, found[-1][0].end)), said
        else:
            found.append((span, said))
    return found
