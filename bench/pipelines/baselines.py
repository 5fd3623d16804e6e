"""The procedures that vidscout is measured against, written from their papers, on the same models and the same index.

None of them may use what ingest found between the frames that it looks at: what a baseline would do at question time is
done at question time. Where that is the same for every question about a video, as sampling and reading 32 frames is, it
is done once and its seconds count for each question. An answerer that sees pictures gets the frames themselves, at most
as many as its context holds; one that does not, as in the `embedded` profile, gets them in the words of the classifier
and the detector.

With a set's own subtitles, `uniform-32` and `aks` get those that stand while their frames are shown, as Video-MME
prescribes; `text-only` gets all that fit, and `video-rag` takes them for what its recogniser would have heard.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...graphs.answer.packers import line, opening
from ...graphs.answer.selectors import SELECTORS, Curve
from ...tools.errors import UsageError
from ...tools.payloads import Caption
from ...tools.records import Modality, Record, Span
from ...tools.videollm.interface import Message
from ..sets.question import Subtitle
from .baseline import ROOM, Baseline, pack
from .interface import Reply, pipeline
from .shown import Pictures, decoded, pictures, sampled, thinned

FRAMES = 32
"""Frames that Video-RAG samples by default (Luo et al., 2024); 64 in its larger setting."""
AKS_FRAMES = 32
LLOVI_WORDS = 60
"""Tokens of LLoVi's summary."""


@pipeline
class Uniform32(Baseline):
    """32 frames evenly over the video, and nothing else."""

    name = "uniform-32"

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        began = time.perf_counter()

        def work() -> tuple[list[float], Pictures | None, list[Record]]:
            seen = sampled(video, FRAMES)
            times = [frame.time for frame in seen]
            if self.sees:
                return times, pictures(seen), []
            looked = self.look(video, seen, read=False)
            return times, None, [*looked.looks, *looked.objects]

        (times, seen, words), spared = self._once.of(video, work)
        told = [*words, *self.subtitles(video, times)]
        shown = seen.all if seen else []
        return self.answer(question, options, told, began, shown=shown, times=times, spared=spared)


@pipeline
class FramesOnly(Baseline):
    """32 frames evenly over the video as pictures, and no word of what is said."""

    name = "frames-only"
    takes_subtitles = False

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        del video, subtitles
        if not self.sees:
            name = self._scout.role("answerer").name
            raise UsageError(f"frames-only needs an answerer that sees pictures, and {name!r} does not")

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        began = time.perf_counter()
        seen, spared = self._once.of(video, lambda: pictures(sampled(video, FRAMES)))
        return self.answer(question, options, [], began, shown=seen.all, spared=spared)


@pipeline
class TextOnly(Baseline):
    """What is said in the video and nothing that is shown: the set's subtitles, or else the recognised speech.

    Where it does not fit the context, sentences are left out evenly over the video.
    """

    name = "text-only"

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        super().prepare(video, subtitles)
        if not subtitles:
            self._scout.ingest(video)

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        began = time.perf_counter()
        said = self.subtitles(video) or self._scout.index.timeline(self._scout.find(video).id, [Modality.SPEECH])
        model, fits = self._scout.role("answerer"), list(said)
        while fits and len(pack(model, question, fits, ()).records) < len(fits):
            fits = thinned(fits, int(len(fits) * 0.8))
        return self.answer(question, options, fits, began, said=len(said))


@pipeline
class AKS(Baseline):
    """Adaptive keyframe sampling (Tang et al., 2025): frame–text similarity at 1 fps, then 32 frames."""

    name = "aks"

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        super().prepare(video, subtitles)
        self._scout.ingest(video)  # for the similarities at 1 fps, which AKS computes in advance too

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        began = time.perf_counter()
        index, known = self._scout.index, self._scout.find(video).id
        times, vectors = index.frame_vectors(known)
        _, similar = index.frame_similarities(self._scout.models.frame_query(question), known)
        curve = Curve([known] * len(times), times, similar, np.zeros(len(times)), vectors)
        chosen = sorted(frame.time for frame in SELECTORS["aks"](curve, AKS_FRAMES))
        said = self.subtitles(video, chosen)
        if self.sees:
            seen = pictures(decoded(video, chosen))
            return self.answer(question, options, said, began, shown=seen.all)
        about = [
            record
            for record in index.timeline(known, [Modality.FRAME, Modality.OBJECT])
            if any(record.span.contains(at) for at in chosen)
        ]
        return self.answer(question, options, [*about, *said], began, times=chosen)


@pipeline
class LLoVi(Baseline):
    """Captions of the whole video, summarised for the question, then answered from the summary (Zhang et al., 2023)."""

    name = "llovi"
    takes_subtitles = False

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
        return self.answer(question, options, told, began, captions=len(captions), summary=summary)


def summary_of(question: str, captions: Sequence[Record]) -> list[Message]:
    """The prompt that has captions summarised for a question."""
    told = "".join(line(record) + "\n" for record in captions)
    ask = f"Captions:\n{told}Summarise what matters for this question in two sentences: {question}"
    return [opening(), Message("user", (ask,))]
