"""Showing somebody: the likeness of a picture or clip is kept, and looked for in every video whose faces were read."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...tools.errors import MediaError, UsageError
from ...tools.index.rows.people import Likeness
from ..core import Core

if TYPE_CHECKING:
    import numpy as np

    from ...graphs.ingest.recognition import Sighting

RATE = 1.0
"""Frames of a clip a second that are looked at."""
MOST = 120
"""Frames of a clip that are looked at, at most."""
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
SAME, KNOWN = 0.6, 0.72
"""As in the stage `faces`, for an encoder that has none of its own."""


def show(scout: Core, name: str, file: Path) -> None:
    """Keep what somebody looks like, and name him in every video.

    Args:
        scout: whose models and index are used.
        name: of the one person in the file.
        file: a picture or a clip.

    Raises:
        MediaError: the file cannot be read.
        UsageError: there is no face in it, or more than one person's, or the profile knows no faces.
    """
    from ...tools.perception.people.persons import persons
    from ...tools.records import Span

    encoder: Any = scout.role("face_embedding")
    seen = [[*_sightings(scout, image)] for image in _images(file)]
    if not any(seen):
        raise UsageError(f"{file}: no face was found in it; show one from the front, of 50 pixels and more")
    sighted = [(Span(at, at + 1), one.box, one.vector) for at, faces in enumerate(seen) for one in faces]
    found = persons(sighted, getattr(encoder, "same", SAME), least=1)
    if len(found) > 1 or max(map(len, seen)) > 1:
        raise UsageError(f"{file}: {max(len(found), *map(len, seen))} people are in it; show one only")
    scout.index.faces.remember(Likeness(name, encoder.source, found[0].vector, _known(scout, file)))
    recognise(scout)


def recognise(scout: Core) -> None:
    """Look for those who were shown in every video whose faces were read."""
    from ...graphs.ingest.recognition import STAGE, people, recognised, with_names
    from ...graphs.ingest.stage import standing

    encoder: Any = scout.role("face_embedding")
    faces, journal = scout.index.faces, scout.library.journal
    shown = faces.likenesses()
    for video in scout.videos():
        entry = journal.entry(video.id, STAGE)
        if entry is None or not entry.done:
            continue
        rows = standing(journal.observations(video.id, STAGE), video.duration)
        seen = people(rows, getattr(encoder, "same", SAME))
        likeness = recognised(seen, shown, encoder.source, getattr(encoder, "known", KNOWN))
        faces.rename(video.id, with_names(faces.names(video.id), likeness))


def _sightings(scout: Core, image: "np.ndarray") -> "Iterator[Sighting]":
    from ...graphs.ingest.recognition import Sighting
    from ...tools.perception.people.likeness import FaceOnFrame

    [faces] = scout.role("faces").run([image])
    vectors = scout.role("face_embedding").run([FaceOnFrame(image, face.points) for face in faces])
    yield from (Sighting(face.box, vector) for face, vector in zip(faces, vectors, strict=True))


def _images(file: Path) -> "Iterator[np.ndarray]":
    """The picture, or frames of the clip: (height, width, 3) uint8, RGB."""
    from itertools import islice

    from ...tools.media.video import frames

    if file.suffix.lower() not in PICTURES:
        yield from (frame.image for frame in islice(frames(file, RATE), MOST))
        return
    import numpy as np
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(file) as picture:
            yield np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise MediaError(f"{file} cannot be read as a picture ({error})") from error


def _known(scout: Core, file: Path) -> str:
    """The id of a file that has been read; empty where it has not."""
    from ...tools.errors import VidscoutError

    try:
        return scout.find(file).id
    except VidscoutError:
        return ""
