"""Frames as a server is sent them: images, a list of JPEGs with their times, a small video."""

import base64
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..records import clock
from .interface import FramePart, Message, defused

CLOCK_RATE = 10
"""Frames a second in which a video's times are told: tenths of a second."""


def as_images(message: Message) -> str | list[dict[str, Any]]:
    """A message's content with each frame as an image after its time; plain text where it has none.

    The time stands between two images also because llama.cpp fuses adjacent ones of one size for Qwen-VL.
    """
    if not message.frames:
        return defused(message.text)
    content: list[dict[str, Any]] = []
    text = ""
    for part in message.parts:
        if isinstance(part, str):
            text += defused(part)
            continue
        content.append({"type": "text", "text": f"{text}[{clock(part.time)}]\n"})
        content.append({"type": "image_url", "image_url": {"url": image_url(part)}})
        text = "\n"
    return [*content, {"type": "text", "text": text}]


def image_url(frame: FramePart) -> str:
    """A frame as a data URL; what is not JPEG, PNG or WebP is made JPEG."""
    kinds = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}
    try:
        kind = kinds.get(Path(frame.path).suffix.lower())
        return f"data:image/{kind};base64,{base64_of(Path(frame.path).read_bytes())}" if kind else _as_jpeg(frame)
    except OSError as error:
        raise UsageError(f"the frame {frame.path} cannot be read: {error.strerror or error}") from None


def _as_jpeg(frame: FramePart) -> str:
    from PIL import Image

    written = BytesIO()
    with Image.open(frame.path) as picture:
        picture.convert("RGB").save(written, "JPEG", quality=90)
    return f"data:image/jpeg;base64,{base64_of(written.getvalue())}"


def as_mp4(frames: Sequence[FramePart]) -> bytes:
    """A video that shows each frame at its time, in tenths of a second from the first."""
    from fractions import Fraction

    import av
    from PIL import Image

    written = BytesIO()
    with av.open(written, "w", format="mp4") as container:
        with Image.open(frames[0].path) as first:
            width, height = (side - side % 2 for side in first.size)
        stream = container.add_stream("mpeg4", rate=10, options={"qscale": "2"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 10)
        last = -1
        for frame in frames:
            with Image.open(frame.path) as picture:
                shown = av.VideoFrame.from_image(picture.convert("RGB").resize((width, height)))
            last = max(round((frame.time - frames[0].time) * 10), last + 1)
            shown.pts, shown.time_base = last, Fraction(1, 10)
            container.mux(stream.encode(shown))
        container.mux(stream.encode())
    return written.getvalue()


def size_of(frame: FramePart) -> tuple[int, int]:
    from PIL import Image

    try:
        with Image.open(frame.path) as picture:
            return picture.size
    except OSError as error:
        raise UsageError(f"the frame {frame.path} cannot be read: {error.strerror or error}") from None


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def jpeg_list(frames: Sequence[FramePart], times_each: int = 1) -> str:
    """Frames as vLLM takes frames that somebody else chose: one data URL of JPEGs with commas between.

    Args:
        frames: in order.
        times_each: how often each is sent, for models that fuse so many adjacent frames into one.
    """
    pictures = [image_url(frame).partition(",")[2] for frame in frames]
    return "data:video/jpeg;base64," + ",".join(picture for picture in pictures for _ in range(times_each))


def true_times(frames: Sequence[FramePart], times_each: int = 1) -> dict[str, Any]:
    """What vLLM must be told of such a list, so that it neither cuts it nor takes it for one frame a second.

    It becomes the `VideoMetadata` from which a processor writes each frame's time (`--media-io-kwargs` in vLLM's
    documentation).
    """
    numbers = [round(frame.time * CLOCK_RATE) for frame in frames for _ in range(times_each)]
    total = max(numbers) + 1
    return {
        "num_frames": -1,
        "fps": float(CLOCK_RATE),
        "frames_indices": numbers,
        "total_num_frames": max(total, len(numbers)),
        "duration": total / CLOCK_RATE,
        "do_sample_frames": False,
    }
