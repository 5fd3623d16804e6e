"""The procedures that vidscout is measured against, written from their papers, on the same models and the same index.

None of them may use what ingest found between the frames that it looks at: what a baseline would do at question time is
done at question time. Where that is the same for every question about a video, as sampling and reading 32 frames is, it
is done once and its seconds count for each question. The answerer of the `embedded` profile sees no pictures, so a
frame reaches it in the words of the classifier and the detector; with an answerer that sees frames, the frames
themselves go in.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ...agent.scout import VideoScout
from ...graphs.answer.packers import line, opening
from ...graphs.answer.selectors import SELECTORS, Curve
from ...tools.media.video import Frame, frames, probe
from ...tools.payloads import Caption, Spoken
from ...tools.perception.embeddings.purposes import Query
from ...tools.perception.frames.tags import frame_records
from ...tools.perception.objects.counts_over_time import object_records
from ...tools.perception.screen_text.lines_over_time import text_records
from ...tools.records import Modality, Record, Span
from ...tools.videollm.interface import Message, with_options
from ..sets.question import Subtitle
from .interface import Reply, pipeline

Found = TypeVar("Found")

FRAMES = 32
"""Frames that Video-RAG samples by default (Luo et al., 2024); 64 in its larger setting."""
CHUNK = 30.0
"""Seconds of speech in one of Video-RAG's documents."""
SIMILAR = 0.3
"""Cosine above which Video-RAG keeps a document; it has no top-k."""
AKS_FRAMES = 32
LLOVI_WORDS = 60
"""Tokens of LLoVi's summary."""
ROOM = 900
"""Tokens of the context that are kept for question, options and template."""


def sampled(video: Path, count: int) -> list[Frame]:
    """Frames evenly over a video, decoded now, each by a seek."""
    duration = probe(video).duration
    wanted = [(place + 0.5) * duration / count for place in range(count)]
    found = []
    for at in wanted:
        frame = next(frames(video, rate=1.0, longest_side=1280, start=at), None)
        if frame is not None and (not found or frame.time > found[-1].time):
            found.append(frame)
    return found


@dataclass(frozen=True)
class Looked:
    """What the models say of sampled frames."""

    looks: list[Record]
    objects: list[Record]
    texts: list[Record]


class Baseline:
    """What the baselines share: the models, and an answer by the letters' probabilities."""

    def __init__(self, scout: VideoScout) -> None:
        self._scout = scout
        self._kept: tuple[Path, Any] | None = None
        self._took = self.spared = 0.0
        """Seconds that the work took, and those of it that the question at hand was spared."""

    def once(self, video: Path, work: Callable[[], Found]) -> Found:
        """What work that is the same for every question about a video gives; its seconds count for each of them."""
        if self._kept is None or self._kept[0] != video:
            began = time.perf_counter()
            self._kept = video, work()
            self._took, self.spared = time.perf_counter() - began, 0.0
        else:
            self.spared = self._took
        return self._kept[1]

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        del video, subtitles

    def look(self, video: Path, seen: Sequence[Frame], *, read: bool, detect: bool = True) -> Looked:
        """Tags and objects of frames, and their text only for a procedure that reads it."""
        scout, images = self._scout, [frame.image for frame in seen]
        spans = [Span(frame.time, frame.time + 1.0) for frame in seen]
        name = str(video)
        tags = scout.role("tags").run(images)
        found = scout.role("objects").run(images) if detect else [[] for _ in images]
        lines = scout.role("screen_text").run(images) if read else [[] for _ in images]
        return Looked(
            frame_records(name, zip(spans, [tag.labels for tag in tags], strict=True), "tags"),
            object_records(name, zip(spans, found, strict=True), "objects"),
            text_records(name, zip(spans, lines, strict=True), "text"),
        )

    def choose(
        self,
        question: str,
        options: Sequence[str],
        records: Sequence[Record],
        seen: Sequence[float],
        began: float,
        **trace: Any,
    ) -> Reply:
        """Ask for a letter with these records as evidence, as many as fit the context, in order of time."""
        model = self._scout.role("answerer")
        before = time.perf_counter() - began + self.spared
        bare = model.count_tokens(prompt(question, []))
        kept = sorted(records, key=lambda record: record.span)
        while kept and model.count_tokens(prompt(question, kept)) > model.context - ROOM:
            kept = kept[: int(len(kept) * 0.8)]
        messages = prompt(question, kept)
        weights = model.choose(messages, list(options))
        best = max(range(len(weights)), key=weights.__getitem__)
        total = model.count_tokens(with_options(messages, options))
        return Reply(
            answer_text=f"{chr(ord('A') + best)}. {options[best]}",
            choice=chr(ord("A") + best),
            frame_times=list(seen),
            records=[(r.span.start, r.span.end, str(r.modality), r.text) for r in kept],
            tokens={"auxiliary": model.count_tokens(messages) - bare, "visual": 0, "prompt": total},
            seconds={"before_answer": before, "first_token": time.perf_counter() - began + self.spared},
            trace=trace,
        )


def prompt(question: str, records: Sequence[Record]) -> list[Message]:
    """The prompt of a question with records as its evidence."""
    evidence = "".join(line(record) + "\n" for record in records)
    return [opening(), Message("user", (f"Evidence:\n{evidence}" if evidence else "", f"Question: {question}"))]


@pipeline
class Uniform32(Baseline):
    """32 frames evenly over the video, and nothing else."""

    name = "uniform-32"

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        began = time.perf_counter()

        def work() -> tuple[list[Frame], Looked]:
            seen = sampled(video, FRAMES)
            return seen, self.look(video, seen, read=False)

        seen, looked = self.once(video, work)
        times = [frame.time for frame in seen]
        return self.choose(question, options, [*looked.looks, *looked.objects], times, began)


@pipeline
class AKS(Baseline):
    """Adaptive keyframe sampling (Tang et al., 2025): frame–text similarity at 1 fps, then 32 frames."""

    name = "aks"

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        del subtitles
        self._scout.ingest(video)  # for the similarities at 1 fps, which AKS computes in advance too

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        began = time.perf_counter()
        index, known = self._scout.index, self._scout.find(video).id
        times, vectors = index.frame_vectors(known)
        _, similar = index.frame_similarities(self._scout.models.frame_query(question), known)
        curve = Curve([known] * len(times), times, similar, np.zeros(len(times)), vectors)
        chosen = [frame.time for frame in SELECTORS["aks"](curve, AKS_FRAMES)]
        about = [
            record
            for record in index.timeline(known, [Modality.FRAME, Modality.OBJECT])
            if any(record.span.contains(at) for at in chosen)
        ]
        return self.choose(question, options, about, chosen, began)


@pipeline
class LLoVi(Baseline):
    """Captions of the whole video, summarised for the question, then answered from the summary (Zhang et al., 2023)."""

    name = "llovi"

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        del subtitles
        self._scout.ingest(video)

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        began = time.perf_counter()
        known = self._scout.find(video).id
        model = self._scout.role("answerer")
        captions = self._scout.index.timeline(known, [Modality.CAPTION])
        while captions and model.count_tokens(summary_of(question, captions)) > model.context - ROOM:
            captions = captions[::2]  # a longer video is captioned more thinly
        summary = "".join(model.generate(summary_of(question, captions), max_tokens=LLOVI_WORDS)).strip()
        whole = Span(0.0, self._scout.find(video).duration)
        told = [Record.of(known, whole, Caption(summary), 1.0, "summary")] if summary else []
        return self.choose(question, options, told, [], began, captions=len(captions), summary=summary)


def summary_of(question: str, captions: Sequence[Record]) -> list[Message]:
    """The prompt that has captions summarised for a question."""
    told = "".join(line(record) + "\n" for record in captions)
    ask = f"Captions:\n{told}Summarise what matters for this question in two sentences: {question}"
    return [opening(), Message("user", (ask,))]


DECOUPLE = (
    "To answer the question about a video, what should be looked up? Reply with JSON only: "
    '{"ASR": what to look for in speech or null, "DET": list of at most five things to detect or null, '
    '"TYPE": list out of "location", "number", "relation" or null}.\nQuestion: '
)


@pipeline
class VideoRAG(Baseline):
    """Video-RAG (Luo et al., 2024) from its description: one retrieval turn over speech, screen text and objects.

    32 uniform frames; text is read on those only; speech in chunks of 30 s; the query is the mean of the question's and
    the request's vectors; what is more similar than 0.3 is kept; the detector runs on frames chosen by similarity.
    Speech is transcribed once a video, everything else for each question, as its published program does.
    """

    name = "video-rag"

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        del subtitles
        self._scout.ingest(video)  # only the speech is used, which Video-RAG also keeps between questions

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        began = time.perf_counter()
        request, failed = self.decouple(question, options)

        def work() -> tuple[list[Frame], list[Record], np.ndarray]:
            from ...tools.perception.frames.conse import ConSE

            seen = sampled(video, FRAMES)
            vectors = ConSE(embed).vectors(self._scout.role("tags").run([frame.image for frame in seen]))
            return seen, self.look(video, seen, read=True, detect=False).texts, vectors

        embed = self._scout.models.label_embedding()
        seen, read, vectors = self.once(video, work)
        kept: list[Record] = self.similar([question, *asked(request, "DET")], read)
        kept += self.similar([question, *asked(request, "ASR")], self.chunks(video))
        things = asked(request, "DET")
        if things:
            likeness = vectors @ embed.run([", ".join(things)])[0]
            chosen = [frame for frame, score in zip(seen, likeness, strict=True) if score > SIMILAR]
            if chosen:
                kept += self.look(video, chosen, read=False).objects
        times = [frame.time for frame in seen]
        return self.choose(question, options, kept, times, began, request=request, unparsed=failed)

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
        """What is said in a video in documents of `CHUNK` seconds."""
        known = self._scout.find(video).id
        said: dict[int, list[Record]] = {}
        for record in self._scout.index.timeline(known, [Modality.SPEECH]):
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
