"""Video-RAG from its description, as a pipeline."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...tools.media.video import Frame
from ...tools.payloads import Spoken
from ...tools.perception.embeddings.purposes import Query
from ...tools.records import Modality, Record, Span
from ...tools.videollm.interface import Message
from ..sets.question import Subtitle
from .baseline import Baseline
from .baselines import FRAMES
from .interface import Reply, pipeline
from .shown import Pictures, pictures, sampled

CHUNK = 30.0
"""Seconds of speech in one of Video-RAG's documents."""
SIMILAR = 0.3
"""Cosine above which Video-RAG keeps a document; it has no top-k."""

DECOUPLE = (
    "To answer the question about a video, what should be looked up? Reply with JSON only: "
    '{"ASR": what to look for in speech or null, "DET": list of at most five things to detect or null, '
    '"TYPE": list out of "location", "number", "relation" or null}.\nQuestion: '
)


@dataclass(frozen=True)
class Sampled:
    """What is the same for every question about a video."""

    seen: list[Frame]
    shown: Pictures | None
    read: list[Record]
    vectors: np.ndarray
    """Of the frames, n × dimensions."""


@pipeline
class VideoRAG(Baseline):
    """Video-RAG (Luo et al., 2024) from its description: one retrieval turn over speech, screen text and objects.

    32 uniform frames, which an answerer that sees pictures also gets as such; text is read on those only; speech in
    chunks of 30 s; the query is the mean of the question's and the request's vectors; what is more similar than 0.3 is
    kept; the detector runs on frames chosen by similarity. Speech is transcribed once a video, everything else for each
    question, as its published program does.
    """

    name = "video-rag"

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        super().prepare(video, subtitles)
        if not subtitles:
            self._scout.ingest(video)  # only the speech is used, which Video-RAG also keeps between questions

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        began = time.perf_counter()
        request, failed = self.decouple(question, options)
        once, spared = self._once.of(video, lambda: self.sample(video))
        kept: list[Record] = self.similar([question, *asked(request, "DET")], once.read)
        kept += self.similar([question, *asked(request, "ASR")], self.chunks(video))
        if things := asked(request, "DET"):
            likeness = once.vectors @ self._scout.models.label_embedding().run([", ".join(things)])[0]
            chosen = [frame for frame, score in zip(once.seen, likeness, strict=True) if score > SIMILAR]
            if chosen:
                kept += self.look(video, chosen, read=False, tag=False).objects
        times = [frame.time for frame in once.seen]
        told: dict[str, Any] = {"request": request, "unparsed": failed}
        shown = once.shown.all if once.shown else []
        return self.answer(question, options, kept, began, shown=shown, times=times, spared=spared, **told)

    def sample(self, video: Path) -> Sampled:
        """32 frames, their text, and a vector of each."""
        from ...tools.perception.frames.conse import ConSE

        seen = sampled(video, FRAMES)
        tags = self._scout.role("tags").run([frame.image for frame in seen])
        vectors = ConSE(self._scout.models.label_embedding()).vectors(tags)
        read = self.look(video, seen, read=True, detect=False, tag=False).texts
        return Sampled(seen, pictures(seen) if self.sees else None, read, vectors)

    def decouple(self, question: str, options: Sequence[str]) -> tuple[dict[str, Any], bool]:
        """The retrieval request; an empty one when the model's reply is no JSON, which drops every tool but reading."""
        ask = DECOUPLE + question + " " + "; ".join(options)
        reply = "".join(self._scout.role("answerer").generate([Message("user", (ask,))], max_tokens=96))
        try:
            found = json.loads(reply[reply.index("{") : reply.rindex("}") + 1])
        except ValueError:
            return {}, True
        return (found, False) if isinstance(found, dict) else ({}, True)

    def chunks(self, video: Path) -> list[Record]:
        """What is said in a video in documents of `CHUNK` seconds: the set's subtitles, or the recognised speech."""
        given = self.subtitles(video)
        known = str(video) if given else self._scout.find(video).id
        said: dict[int, list[Record]] = {}
        for record in given or self._scout.index.timeline(known, [Modality.SPEECH]):
            said.setdefault(int(record.span.start // CHUNK), []).append(record)
        return [
            Record.of(known, Span(n * CHUNK, (n + 1) * CHUNK), Spoken(" ".join(r.text for r in some)), 1.0, "chunk")
            for n, some in said.items()
        ]

    def similar(self, queries: Sequence[str], records: Sequence[Record]) -> list[Record]:
        """The records whose cosine with one of the queries is above `SIMILAR`."""
        if not records:
            return []
        embed = self._scout.role("text_embedding")
        query = np.mean(np.stack(embed.run([Query(query) for query in queries])), axis=0)
        query /= max(float(np.linalg.norm(query)), 1e-9)
        scores = np.stack(embed.run([record.text for record in records])) @ query
        return [record for record, score in zip(records, scores, strict=True) if score > SIMILAR]


def asked(request: dict[str, Any], key: str) -> list[str]:
    """What a request asks of a tool, as texts."""
    value = request.get(key)
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str) and item.strip()][:5]
