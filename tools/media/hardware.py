"""Where pictures are decoded: on this machine's cores, or by the decoder of an NVIDIA GPU (NVDEC), through PyAV.

NVDEC decodes as the standards say, so that pictures are the same as from the CPU; they come back to main memory, where
every stage takes them from. What it does not decode (codecs, profiles and sizes differ from GPU to GPU), FFmpeg decodes
on the CPU, which is noted.
"""

import ctypes
import sys
from functools import cache
from pathlib import Path
from typing import Literal

from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..errors import MediaError, UsageError
from ..runtime.notes import note
from .packets import open_media

Decoder = Literal["auto", "cpu", "nvdec"]
"""`auto` is NVDEC where there is one; `nvdec` says where there is none."""

LIBRARIES = ("nvcuda.dll", "nvcuvid.dll") if sys.platform == "win32" else ("libcuda.so.1", "libnvcuvid.so.1")
"""Of NVIDIA's driver. In a container the second is there only where `NVIDIA_DRIVER_CAPABILITIES` names `video`."""

FROM_DEVICE = ("nv12", "nv16", "p0", "p2")
"""How the formats are called in which FFmpeg hands over NVDEC's pictures; software decoders have others."""


@cache
def lacking() -> str:
    """What NVDEC lacks on this machine; empty where it is there."""
    try:
        driver, _ = (ctypes.CDLL(name) for name in LIBRARIES)
    except OSError as error:
        return f"{str(error).split(':')[0]} of NVIDIA's driver is not here"
    count = ctypes.c_int()
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)) or not count.value:
        return "no NVIDIA GPU is here"
    return ""


class Decoding:
    """How one pass over a file decodes its pictures."""

    def __init__(self, decoder: Decoder = "cpu", threads: int = 0) -> None:
        """Choose where.

        Args:
            decoder: where.
            threads: of a decoder on the CPU; 0 leaves it to FFmpeg.

        Raises:
            UsageError: there is no such decoder.
        """
        if decoder not in ("auto", "cpu", "nvdec"):
            raise UsageError(f"no decoder {decoder!r}; there are auto, cpu, nvdec")
        self._threads = threads
        self._gpu = decoder != "cpu" and not lacking()
        self._seen = not self._gpu
        if decoder == "nvdec" and not self._gpu:
            note(f"pictures were decoded on the CPU: {lacking()}")

    def open(self, path: Path) -> InputContainer:
        """Open a file for it.

        Raises:
            MediaError: it cannot be opened.
        """
        if self._gpu:
            try:
                return open_media(path, HWAccel("cuda", allow_software_fallback=True))
            except MediaError as error:
                opened = open_media(path)  # what is wrong with the file itself is raised here
                note(f"pictures were decoded on the CPU: the GPU's decoder cannot be used ({error})")
                self._gpu, self._seen = False, True
                return opened
        return open_media(path)

    def prepare(self, stream: VideoStream) -> None:
        """Say how a stream is decoded, before it is."""
        on_gpu = self._gpu and stream.codec_context.is_hwaccel
        stream.codec_context.thread_count = 1 if on_gpu else self._threads  # threads would only wait for the GPU
        stream.thread_type = "AUTO"

    def see(self, frame: VideoFrame, stream: VideoStream) -> None:
        """Take a look at the first picture, and note where it was decoded on the CPU after all."""
        if self._seen:
            return
        self._seen = True
        if not (stream.codec_context.is_hwaccel and frame.format.name.startswith(FROM_DEVICE)):
            what = f"{stream.codec.canonical_name} in {frame.format.name} of {frame.width}×{frame.height}"
            note(f"pictures were decoded on the CPU: this GPU's decoder does not take {what}")
