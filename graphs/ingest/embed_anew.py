"""A video whose records another text embedding made the vectors of, embedded anew: its file is not needed."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...tools.errors import VidscoutError
from ...tools.index.video_index import VideoIndex
from ..events import Progress

if TYPE_CHECKING:
    from ...tools.perception.embeddings.once import EmbeddedOnce


def embed_anew(
    index: VideoIndex,
    video: str,
    embedding: "EmbeddedOnce",
    report: Callable[[Progress], None],
    goes_on: Callable[[], object],
) -> int:
    """Give a video's records the vectors of today's embedding, where they have others; how many records there are.

    Args:
        index: that the video is in.
        video: its id.
        embedding: of today.
        report: told how far it has come.
        goes_on: asked between two batches; it raises where the work is to end, which is gone on with another time.

    Raises:
        HomeError: the home cannot be written, or another process is writing.
        VidscoutError: the embedding failed.
    """

    def tell(done: int, total: int) -> None:
        report(Progress(video, f"embedding {total} records anew", done, total, "records"))

    def embed(texts: Sequence[str]) -> Sequence[np.ndarray]:
        goes_on()
        try:
            return embedding.run(texts)
        except VidscoutError:
            raise
        except Exception as error:
            why = " ".join(f"{type(error).__name__}: {error}".split())
            raise VidscoutError(f"{embedding.embedding.source} failed ({why})") from error

    return index.embed_anew(video, embedding.embedding.source, embed, tell)
