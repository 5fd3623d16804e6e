import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vidscout.bench.data.lecture import LECTURE, Sentence
from vidscout.bench.data.voice import SAMPLE_RATE as VOICE_RATE
from vidscout.bench.measure.recordings.speech import word_errors
from vidscout.tools.errors import UsageError
from vidscout.tools.media.audio import SAMPLE_RATE, AudioChunk, audio
from vidscout.tools.payloads import Spoken, Word
from vidscout.tools.perception.speech.faster_whisper import FasterWhisper
from vidscout.tools.perception.speech.recogniser import (
    Doubt,
    Segment,
    Sound,
    Task,
    WhisperOnVoice,
    credible,
    doubted,
    joined,
    speech_records,
)
from vidscout.tools.perception.speech.voice_activity import CLIP, Squeezed, quietest, voice, windows
from vidscout.tools.records import Modality, Span, Utterance
from vidscout.tools.runtime.backend import backend
from vidscout.tools.runtime.counters import counting


@cache
def sentences() -> tuple[Sentence, ...]:
    return tuple(LECTURE.sentences())


@cache
def lecture_sound() -> np.ndarray:
    """The lecture's speech as a tool hears it: 16 kHz, float."""
    sound = np.zeros(round(LECTURE.duration * SAMPLE_RATE), np.float32)
    for sentence in sentences():
        length = round(len(sentence.samples) / VOICE_RATE * SAMPLE_RATE)
        at = np.arange(length) / SAMPLE_RATE * VOICE_RATE
        first = round(sentence.start * SAMPLE_RATE)
        sound[first : first + length] = np.interp(at, np.arange(len(sentence.samples)), sentence.samples) / 32768
    return sound


def stream(sound: np.ndarray, seconds: float, start: float = 0.0) -> Iterator[AudioChunk]:
    step = round(seconds * SAMPLE_RATE)
    for first in range(0, len(sound), step):
        yield AudioChunk(start + first / SAMPLE_RATE, sound[first : first + step])


def borders(found: Sequence[AudioChunk]) -> list[float]:
    return [window.start for window in found]


class TestWindows:
    def test_lose_nothing_and_repeat_nothing(self):
        found = list(windows(stream(lecture_sound(), 30), target=40))
        assert np.array_equal(np.concatenate([window.samples for window in found]), lecture_sound())
        assert all(first.end == pytest.approx(second.start) for first, second in pairwise(found))
        assert all(len(window.samples) <= 40 * SAMPLE_RATE for window in found)

    def test_are_cut_where_nobody_speaks(self):
        cuts = borders(list(windows(stream(lecture_sound(), 30), target=25)))[1:]
        assert len(cuts) >= 4
        assert not [cut for cut in cuts for said in sentences() if said.start < cut < said.end]

    @pytest.mark.parametrize("seconds", [0.5, 7.3, 30, 500])
    def test_do_not_depend_on_how_the_sound_arrives(self, seconds: float):
        expected = borders(list(windows(stream(lecture_sound(), 30), target=40)))
        assert borders(list(windows(stream(lecture_sound(), seconds), target=40))) == expected

    def test_are_the_same_when_taken_up_at_one_of_them(self):
        found = list(windows(stream(lecture_sound(), 30), target=40))
        start = found[1].start
        rest = lecture_sound()[len(found[0].samples) :]
        again = list(windows(stream(rest, 30, start), target=40))
        assert borders(again) == pytest.approx(borders(found[1:]), abs=1e-6)

    def test_are_cut_even_where_there_is_no_pause(self):
        noise = np.random.default_rng(0).standard_normal(60 * SAMPLE_RATE).astype(np.float32) / 10
        found = list(windows(stream(noise, 30), target=20))
        assert sum(len(window.samples) for window in found) == len(noise)
        assert all(16 <= len(window.samples) / SAMPLE_RATE <= 20 for window in found[:-1])

    def test_of_no_sound_are_none(self):
        assert list(windows([])) == []

    def test_the_longest_of_several_pauses_is_taken(self):
        said = sentences()[1].samples.astype(np.float32) / 32768
        said = np.interp(np.arange(0, len(said), VOICE_RATE / SAMPLE_RATE), np.arange(len(said)), said)
        quiet = [np.zeros(round(seconds * SAMPLE_RATE)) for seconds in (0.4, 1.2, 0.4)]
        sound = np.concatenate([said, quiet[0], said, quiet[1], said, quiet[2], said]).astype(np.float32)
        begins = 2 * len(said) + len(quiet[0])
        assert begins < quietest(sound) < begins + len(quiet[1])


class TestVoice:
    def test_is_found_where_somebody_speaks(self):
        found = [(start / SAMPLE_RATE, end / SAMPLE_RATE) for start, end in voice(lecture_sound())]
        starts = np.array([start for start, _ in found])
        assert all(np.abs(starts - said.start).min() < 0.25 for said in sentences())
        assert sum(end - start for start, end in found) < 0.8 * LECTURE.duration

    def test_is_not_found_in_silence_noise_or_music(self, trailer: Path):
        noise = np.random.default_rng(0).standard_normal(20 * SAMPLE_RATE).astype(np.float32) / 20
        assert voice(np.zeros(20 * SAMPLE_RATE, np.float32)) == []
        assert voice(noise) == []
        assert [voice(chunk.samples) for chunk in audio(trailer)] == [[], []]


@st.composite
def voiced(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    """A length in samples, and voiced ranges in it with pauses of at least 0.2 s between."""
    ranges = []
    place = draw(st.integers(0, 3 * SAMPLE_RATE))
    for _ in range(draw(st.integers(1, 12))):
        end = place + draw(st.integers(SAMPLE_RATE // 5, 15 * SAMPLE_RATE))
        ranges.append((place, end))
        place = end + draw(st.integers(SAMPLE_RATE // 5, 10 * SAMPLE_RATE))
    return ranges[-1][1] + draw(st.integers(0, 3 * SAMPLE_RATE)), ranges


class TestSqueezed:
    @settings(max_examples=50, deadline=None)
    @given(voiced())
    def test_every_voice_is_kept_and_finds_its_time_again(self, case: tuple[int, list[tuple[int, int]]]):
        length, ranges = case
        squeezed = Squeezed.of(np.arange(length, dtype=np.int64), ranges)
        assert np.all(np.diff(squeezed.samples) > 0)
        for (start, end), before, after in zip(ranges, squeezed.pauses, squeezed.pauses[1:], strict=False):
            assert np.isin([start, (start + end) // 2, end - 1], squeezed.samples).all()
            begins, ends = squeezed.original(before.squeezed.end, after.squeezed.start)
            assert begins * SAMPLE_RATE == pytest.approx(start, abs=0.5)
            assert ends * SAMPLE_RATE == pytest.approx(end, abs=0.5)
            middle = before.squeezed.end + (end - start) / 2 / SAMPLE_RATE
            if end - start > 3 * SAMPLE_RATE:  # too far from any pause to be moved
                assert squeezed.original(middle, middle)[0] * SAMPLE_RATE == pytest.approx((start + end) / 2, abs=0.5)

    @settings(max_examples=50, deadline=None)
    @given(voiced())
    def test_clips_follow_each_other_fit_whisper_and_are_cut_in_pauses(self, case: tuple[int, list[tuple[int, int]]]):
        length, ranges = case
        squeezed = Squeezed.of(np.zeros(length, np.float32), ranges)
        clips = squeezed.clips
        assert clips[0].start == 0
        assert clips[-1].end == pytest.approx(len(squeezed.samples) / SAMPLE_RATE)
        assert all(first.end == second.start for first, second in pairwise(clips))
        assert all(clip.duration <= CLIP + 0.01 for clip in clips)
        assert all(any(p.squeezed.start <= clip.end <= p.squeezed.end for p in squeezed.pauses) for clip in clips)

    def test_long_pauses_are_not_heard(self):
        quiet = 600 * SAMPLE_RATE
        squeezed = Squeezed.of(np.zeros(2 * quiet, np.float32), [(0, SAMPLE_RATE), (quiet, quiet + SAMPLE_RATE)])
        assert len(squeezed.samples) < 4 * SAMPLE_RATE

    def test_what_only_sounded_like_a_voice_far_away_is_heard_apart_from_a_sentence(self):
        music, said = [(16_000, 24_000), (28_000, 34_000)], (60 * SAMPLE_RATE, 63 * SAMPLE_RATE)
        squeezed = Squeezed.of(np.zeros(110 * SAMPLE_RATE, np.float32), [*music, said])
        assert len(squeezed.clips) == 2
        _, clip = squeezed.clips
        [(start, end, *_)] = squeezed.sentences(clip.start, clip.end, "The professor ordered sixty boxes of candles.")
        assert (round(start, 2), round(end, 2)) == (60, 63)

    def test_two_sentences_in_one_segment_are_told_apart_at_the_pause_between(self):
        ranges = [(16_000, 48_000), (64_000, 112_000)]  # 1 to 3 s and 4 to 7 s
        squeezed = Squeezed.of(np.zeros(8 * SAMPLE_RATE, np.float32), ranges)
        start, end = squeezed.pauses[0].squeezed.end, squeezed.pauses[-1].squeezed.start
        found = list(squeezed.sentences(start, end, " Whales sleep now. They hang in the water."))
        assert [text for _, _, text, _ in found] == ["Whales sleep now.", "They hang in the water."]
        assert [(round(start, 2), round(end, 2)) for start, end, *_ in found] == [(1, 3), (4, 7)]

    def test_a_pause_after_a_title_parts_no_sentence(self):
        ranges = [(16_000, 48_000), (64_000, 112_000)]
        squeezed = Squeezed.of(np.zeros(8 * SAMPLE_RATE, np.float32), ranges)
        start, end = squeezed.pauses[0].squeezed.end, squeezed.pauses[-1].squeezed.start
        text = "It was measured by Dr. Okafor and by nobody else."
        assert [said for _, _, said, _ in squeezed.sentences(start, end, text)] == [text]

    @pytest.mark.parametrize(
        ("begins", "spans"),
        [
            (6.0, [(1, 3), (6, 9)]),  # nobody takes breath for three seconds
            (3.8, [(1, 6.8)]),
        ],
    )
    def test_a_comma_is_between_two_sentences_where_a_long_pause_is(self, begins, spans):
        ranges = [(16_000, 48_000), (round(begins * SAMPLE_RATE), round((begins + 3) * SAMPLE_RATE))]
        squeezed = Squeezed.of(np.zeros(10 * SAMPLE_RATE, np.float32), ranges)
        start, end = squeezed.pauses[0].squeezed.end, squeezed.pauses[-1].squeezed.start
        found = list(squeezed.sentences(start, end, " Whales sleep now, they hang in the water."))
        assert [(round(one, 2), round(other, 2)) for one, other, *_ in found] == spans
        texts = ["Whales sleep now,", "they hang in the water."]
        assert [text for _, _, text, _ in found] == (texts if len(spans) == 2 else [" ".join(texts)])

    def test_the_last_word_tells_where_a_sentence_ends_that_takes_longer_than_its_letters(self):
        ranges = [(16_000, 96_000), (112_000, 144_000)]  # 1 to 6 s and 7 to 9 s
        squeezed = Squeezed.of(np.zeros(10 * SAMPLE_RATE, np.float32), ranges)
        start, pause, end = squeezed.pauses[0].squeezed.end, squeezed.pauses[1], squeezed.pauses[-1].squeezed.start
        words = [Word(" No.", start, pause.squeezed.start - 0.1), Word(" Nobody", pause.squeezed.end, end - 1)]
        words.append(Word(" knows.", end - 1, end))
        text = " No. Nobody knows."
        assert len(list(squeezed.sentences(start, end, text))) == 1
        first, second = squeezed.sentences(start, end, text, words)
        assert [(round(begins, 2), round(ends, 2)) for begins, ends, *_ in (first, second)] == [(1, 6), (7, 9)]
        assert [(word.text, round(word.start, 2), round(word.end, 2)) for word in second[3]] == [
            ("Nobody", 7.0, 8.0),
            ("knows.", 8.0, 9.0),
        ]

    def test_sentences_without_a_pause_between_stay_together(self):
        squeezed = Squeezed.of(np.zeros(8 * SAMPLE_RATE, np.float32), [(16_000, 96_000)])
        found = list(squeezed.sentences(0.3, 5.2, "It costs 3.5 million. That is a lot of money."))
        assert found == [(1.0, 6.0, "It costs 3.5 million. That is a lot of money.", [])]

    def test_a_time_beyond_the_end_is_the_end(self):
        squeezed = Squeezed.of(np.zeros(20 * SAMPLE_RATE, np.float32), [(SAMPLE_RATE, 3 * SAMPLE_RATE)])
        assert squeezed.original(0.0, 29.0) == (1.0, 3.0)

    def test_the_rest_of_a_clip_is_told_from_what_was_heard(self):
        squeezed = Squeezed.of(np.zeros(20 * SAMPLE_RATE, np.float32), [(0, 80_000), (96_000, 256_000)])
        [clip] = squeezed.clips
        rest = squeezed.unheard(clip, [segment("First.", start=0.0, end=4.9)])
        assert rest is not None
        assert 5.0 < rest.start < 5.5
        assert rest.end == clip.end
        assert squeezed.unheard(clip, [segment("All of it.", start=0.0, end=clip.end - 0.3)]) is None
        assert squeezed.unheard(clip, []) is None


def segment(text: str, **told: Any) -> Segment:
    sure: dict[str, Any] = {
        "start": 0.0,
        "end": 1.0,
        "no_speech_prob": 0.1,
        "avg_logprob": -0.3,
        "compression_ratio": 1.2,
    }
    return Segment(text=text, **sure | told)


def texts(segments: list[Any]) -> list[str]:
    return [kept.text for kept in credible(segments)]


class TestCredible:
    def test_what_was_likely_silence_and_an_unsure_guess_is_dropped(self):
        silent = {"no_speech_prob": 0.9, "avg_logprob": -1.4}
        assert texts([segment("Thank you.", **silent), segment("The mirror is black.")]) == ["The mirror is black."]
        assert texts([segment("Yes.", no_speech_prob=0.9), segment("No.", avg_logprob=-1.4)]) == ["Yes.", "No."]

    def test_loops_are_dropped(self):
        assert texts([segment("so so so so so so so", compression_ratio=3.1)]) == []

    def test_next_to_nothing_for_much_voice_is_dropped_unless_it_is_sure(self):
        sound = Squeezed.of(np.zeros(32 * SAMPLE_RATE, np.float32), [(SAMPLE_RATE, 26 * SAMPLE_RATE)])
        little = {"start": 0.0, "end": 25.5}
        assert list(credible([segment("Thank you.", avg_logprob=-1.1, **little)], sound)) == []
        assert list(credible([segment("Om.", avg_logprob=-0.2, **little)], sound)) != []
        assert list(credible([segment("No.", avg_logprob=-0.9)], sound)) != []  # in a second

    def test_notes_without_a_word_are_dropped(self):
        assert texts([segment(" ..."), segment("♪"), segment("")]) == []


class TestDoubt:
    """A transcript of three sentences of 3 s each, with pauses of 2 s between."""

    SOUND = Squeezed.of(
        np.zeros(15 * SAMPLE_RATE, np.float32),
        [(start * SAMPLE_RATE, (start + 3) * SAMPLE_RATE) for start in (1, 6, 11)],
    )

    FIRST = "Please stand clear of the doors."
    SECOND = "The next stop is Central Station."
    THIRD = "Mind the gap, please."

    @classmethod
    def doubt(cls, *texts: str, **told: float) -> Doubt | None:
        spans = cls.SOUND.stretches if len(texts) > 1 else [cls.SOUND.clips[0]]
        said = [segment(text, start=at.start, end=at.end, **told) for text, at in zip(texts, spans, strict=False)]
        return doubted(said, cls.SOUND)

    def test_a_usual_transcript_is_believed(self):
        assert self.doubt(self.FIRST, self.SECOND, self.THIRD) is None
        assert self.doubt(f"{self.FIRST} {self.SECOND} {self.THIRD}") is None
        assert self.doubt("Yes, of course we have them.", "Нет, конечно.", "はいもちろんです") is None

    def test_the_same_words_twice_may_be_a_loop(self):
        assert self.doubt(self.FIRST, self.FIRST, self.THIRD) is Doubt.CIRCLES
        assert self.doubt(self.FIRST, compression_ratio=3.0) is Doubt.CIRCLES

    def test_words_without_time_are_made_up(self):
        assert self.doubt(self.FIRST, "And so on. " * 30, self.THIRD) is Doubt.CIRCLES

    def test_a_sentence_that_was_written_once_for_three_times_is_missed(self):
        assert self.doubt(self.FIRST) is Doubt.GAPS
        assert self.doubt("Go.", self.SECOND, self.THIRD) is Doubt.GAPS


class TestJoined:
    def test_a_sentence_that_breaks_off_is_joined_with_what_follows(self):
        [whole] = joined([said(0, 2, "The mirror is made", 0.9), said(2.2, 4, "of silicon carbide.", 0.7)])
        assert whole == said(0, 4, "The mirror is made of silicon carbide.", 0.7)

    def test_a_title_is_joined_with_its_name(self):
        [whole] = joined([said(0, 2, "It was measured by Prof."), said(2.2, 4, "Lister, as we know.")])
        assert whole.text == "It was measured by Prof. Lister, as we know."

    def test_sentences_stay_apart(self):
        apart = [said(0, 2, "It is cold."), said(2.1, 4, "Nobody minds."), said(6, 8, "after a pause")]
        assert joined(apart) == apart

    def test_a_speaker_without_full_stops_does_not_become_one_endless_sentence(self):
        heard = [said(start, start + 3, "and then") for start in range(0, 60, 3)]
        assert max(utterance.span.duration for utterance in joined(heard)) <= 15


def said(start: float, end: float, text: str, score: float = 0.8) -> Utterance:
    return Utterance(Span(start, end), text, score)


def test_an_utterance_becomes_a_record_of_speech():
    [record] = speech_records("v", [said(1, 2, "Hello.")], "faster-whisper/x.1")
    assert (record.modality, record.span, record.text) == (Modality.SPEECH, Span(1, 2), "Hello.")
    assert (record.source, record.score) == ("faster-whisper/x.1", 0.8)


def test_a_number_is_written_beside_what_is_said():
    [record] = speech_records("v", [said(1, 4, "Call the number 5 5 5 1 2 3 4")], "faster-whisper/x.1")
    assert record.payload == Spoken("Call the number 5 5 5 1 2 3 4", forms=("555-1234", "5551234"))
    assert record.text == "Call the number 5 5 5 1 2 3 4 (555-1234, 5551234)"


@pytest.fixture(scope="module")
def whisper() -> Iterator[FasterWhisper]:
    tool = FasterWhisper()
    yield tool
    tool.close()


@pytest.fixture(scope="module")
def heard(whisper: FasterWhisper) -> list[Utterance]:
    found = []
    for window in windows(stream(lecture_sound(), 30), target=70):
        found += whisper.run([window])[0]
    return found


@pytest.mark.models
class TestFasterWhisper:
    def test_understands_the_lecture(self, heard: list[Utterance]):
        assert word_errors([said.text for said in sentences()], [utterance.text for utterance in heard]) < 0.1

    def test_hears_each_sentence_when_it_begins_and_ends(self, heard: list[Utterance]):
        starts = np.array([utterance.span.start for utterance in heard])
        ends = np.array([utterance.span.end for utterance in heard])
        late = [said.text for said in sentences() if np.abs(starts - said.start).min() > 0.5]
        long = [said.text for said in sentences() if np.abs(ends - said.end).min() > 0.5]
        assert len(late) <= 1
        assert len(long) <= 1

    def test_utterances_are_sentences_in_order(self, heard: list[Utterance]):
        assert abs(len(heard) - len(sentences())) <= 2
        assert max(utterance.span.duration for utterance in heard) < 12
        assert all(first.span.end <= second.span.start + 0.01 for first, second in pairwise(heard))
        assert all(re.match(r"\S.*[.?!]$", utterance.text) for utterance in heard)
        assert all(0.3 < utterance.score <= 1 for utterance in heard)

    def test_times_are_on_the_clock_of_the_video(self, whisper: FasterWhisper):
        said = sentences()[0]
        sound = lecture_sound()[: 3 * SAMPLE_RATE]
        [[utterance]] = whisper.run([AudioChunk(3600.0, sound)])
        assert utterance.span.start == pytest.approx(3600 + said.start, abs=0.5)

    def test_music_noise_and_silence_give_nothing(self, whisper: FasterWhisper, trailer: Path):
        noise = np.random.default_rng(0).standard_normal(10 * SAMPLE_RATE).astype(np.float32) / 20
        silence = np.zeros(10 * SAMPLE_RATE, np.float32)
        chunks = [*audio(trailer), AudioChunk(0.0, noise), AudioChunk(0.0, silence), AudioChunk(0.0, silence[:0])]
        assert whisper.run(chunks) == [[]] * len(chunks)

    def test_counts_the_seconds_of_speech(self, whisper: FasterWhisper):
        with counting() as counters:
            whisper.run([AudioChunk(0.0, lecture_sound()[: 12 * SAMPLE_RATE])])
        spoken = sum(said.end - said.start for said in sentences() if said.end < 12)
        assert counters["speech_seconds"] == pytest.approx(spoken, abs=1)

    def test_a_given_language_holds_whatever_is_heard(self):
        tool = FasterWhisper(language="de")
        [[utterance]] = tool.run([AudioChunk(0.0, lecture_sound()[: 3 * SAMPLE_RATE])])
        assert utterance.language == "de"
        tool.close()

    def test_utterances_say_their_language(self, heard: list[Utterance]):
        assert {utterance.language for utterance in heard} == {"en"}

    def test_several_threads_hear_what_one_hears(self):
        sound = lecture_sound()[: 62 * SAMPLE_RATE]
        one, two = FasterWhisper(threads=1), FasterWhisper(threads=2)
        alone, together = (tool.run([AudioChunk(0.0, sound)])[0] for tool in (one, two))
        assert len(alone) == len(together)
        assert word_errors([said.text for said in alone], [said.text for said in together]) < 0.02
        one.close()
        two.close()

    def test_a_sentence_before_a_long_silence_ends_with_its_voice(self, whisper: FasterWhisper):
        first, second = lecture_part(0), lecture_part(1)
        silence = np.zeros(7 * SAMPLE_RATE, np.float32)
        [heard] = whisper.run([AudioChunk(0.0, np.concatenate([silence, first, silence, second, silence]))])
        ends = [7 + len(first) / SAMPLE_RATE, 14 + (len(first) + len(second)) / SAMPLE_RATE]
        assert [utterance.span.end for utterance in heard] == pytest.approx(ends, abs=0.3)

    def test_a_sentence_that_is_said_three_times_is_heard_three_times(self, whisper: FasterWhisper):
        said, pause = lecture_part(1), np.zeros(2 * SAMPLE_RATE, np.float32)
        [heard] = whisper.run([AudioChunk(0.0, np.concatenate([pause, said] * 3 + [pause]))])
        assert len(heard) == 3
        step = 2 + len(said) / SAMPLE_RATE
        assert [utterance.span.start for utterance in heard] == pytest.approx([2, 2 + step, 2 + 2 * step], abs=0.3)

    def test_words_have_times_inside_their_sentence(self):
        tool = FasterWhisper(words=True)
        [heard] = tool.run([AudioChunk(3600.0, lecture_sound()[: 12 * SAMPLE_RATE])])
        for utterance in heard:
            words = utterance.words
            assert " ".join(word.text for word in words) == utterance.text
            assert all(utterance.span.start <= word.start <= word.end <= utterance.span.end for word in words)
            assert all(first.end <= second.start + 0.01 for first, second in pairwise(words))
            assert all(0 < word.probability <= 1 for word in words)
        tool.close()


def lecture_part(number: int) -> np.ndarray:
    """One of the lecture's sentences, without silence around it."""
    said = sentences()[number]
    return lecture_sound()[round(said.start * SAMPLE_RATE) : round(said.end * SAMPLE_RATE)]


SAID = "Somebody says, {} {}, as long as it takes to say a sentence or two."


class Interpreter(WhisperOnVoice):
    """Takes each stretch for the languages that it is told, one a stretch; an error stands for a failure."""

    def __init__(self, *languages: str | Exception, **told: Any) -> None:
        super().__init__(**told)
        self.told_apart = list(languages)
        self.heard: list[str] = []

    def setup(self) -> None: ...

    def guess(self, sound: Sound, clips: Sequence[Span], stretches: Sequence[Span]) -> list[dict[str, float]]:
        return [self._guessed() for _ in stretches]

    def _guessed(self) -> dict[str, float]:
        found = self.told_apart.pop(0)
        if isinstance(found, Exception):
            raise found
        sure = not found.startswith("perhaps ")
        return {"de": 0.2, "fr": 0.2} | {found.removeprefix("perhaps "): 0.4} if not sure else {found: 0.9}

    def transcribe(
        self, sound: Sound, clips: Sequence[Span], languages: Sequence[str], task: Task = "transcribe"
    ) -> list[list[Segment]]:
        self.heard += languages
        return [
            [Segment(clip.start, clip.end, SAID.format(task, language), -0.3, 0.1, 1.0, language=language)]
            for clip, language in zip(clips, languages, strict=True)
        ]


class Overrun(Interpreter):
    """Ends each clip's only sentence 9 s too late, as Whisper does in the silence that fills its pass."""

    def transcribe(
        self, sound: Sound, clips: Sequence[Span], languages: Sequence[str], task: Task = "transcribe"
    ) -> list[list[Segment]]:
        found = super().transcribe(sound, clips, languages, task)
        return [[replace(segment, end=segment.end + 9) for segment in segments] for segments in found]


def spoken(*seconds: float) -> AudioChunk:
    """The lecture's first sentence several times, each after a silence of so many seconds."""
    parts = [part for pause in seconds for part in (np.zeros(round(pause * SAMPLE_RATE), np.float32), lecture_part(0))]
    return AudioChunk(0.0, np.concatenate([*parts, np.zeros(7 * SAMPLE_RATE, np.float32)]))


def test_a_sentence_ends_in_the_clip_that_held_its_voice():
    [[first, second]] = Overrun("de", "de").run([spoken(7, 7)])
    length = len(lecture_part(0)) / SAMPLE_RATE
    assert first.span.end == pytest.approx(7 + length, abs=0.3)
    assert (first.text, first.language) == (SAID.format("transcribe", "de"), "de")
    assert second.span.start == pytest.approx(14 + length, abs=0.3)


class Once(Interpreter):
    """Writes what is said again and again once, as Whisper does, unless it hears one sentence only."""

    def transcribe(
        self, sound: Sound, clips: Sequence[Span], languages: Sequence[str], task: Task = "transcribe"
    ) -> list[list[Segment]]:
        return [[Segment(clip.start, clip.end, "Please stand clear of the doors.", -0.2, 0.1, 1.0)] for clip in clips]


def test_what_is_said_several_times_is_heard_as_often():
    pauses = (1, 0.6, 0.6, 0.6)
    [heard] = Once(language="en").run([spoken(*pauses)])
    length = len(lecture_part(0)) / SAMPLE_RATE
    starts = [sum(pauses[: number + 1]) + number * length for number in range(len(pauses))]
    assert {round(min(abs(said.span.start - start) for said in heard), 1) for start in starts} <= {0.0, 0.1, 0.2}


@st.composite
def clip_and_pauses(draw: st.DrawFn) -> Squeezed:
    ranges, place = [], 0
    for _ in range(draw(st.integers(1, 8))):
        start = place + draw(st.integers(SAMPLE_RATE // 5, SAMPLE_RATE))
        place = start + draw(st.integers(SAMPLE_RATE // 5, 3 * SAMPLE_RATE))
        ranges.append((start, place))
    return Squeezed.of(np.zeros(place + SAMPLE_RATE, np.float32), ranges)


@settings(max_examples=40, deadline=None)
@given(clip_and_pauses())
def test_pieces_make_up_their_clip_and_are_long_enough(squeezed: Squeezed):
    for clip in squeezed.clips:
        pieces = squeezed.pieces(clip)
        assert (pieces[0].start, pieces[-1].end) == (clip.start, clip.end)
        assert all(first.end == second.start for first, second in pairwise(pieces))
        assert len(pieces) == 1 or min(piece.duration for piece in pieces) >= 1.0
        assert max(piece.duration for piece in pieces) <= 8.0


class TestLanguages:
    def test_a_clip_is_cut_where_the_language_changes(self):
        tool = Interpreter("en", "de", "de", "en")
        [heard] = tool.run([spoken(1, 1, 1, 1)])
        assert [said.language for said in heard] == ["en", "de", "en"]
        step = 1 + len(lecture_part(0)) / SAMPLE_RATE
        assert [said.span.start for said in heard] == pytest.approx([1, 1 + step, 1 + 3 * step], abs=0.3)

    def test_only_allowed_languages_are_heard(self):
        tool = Interpreter("cy", "perhaps de", "cy", language="German, English")
        tool.run([spoken(1, 1, 1)])
        assert set(tool.heard) == {"de"}
        assert tool.language == "de,en"

    def test_one_allowed_language_is_not_guessed(self):
        tool = Interpreter(language="deu")
        [[said]] = tool.run([spoken(1)])
        assert (said.language, tool.told) == ("de", "+de")

    def test_what_is_told_is_part_of_the_source(self):
        tools = [
            backend("speech", "faster-whisper")(**told)
            for told in ({}, {"language": "de"}, {"vocabulary": "Petrov"}, {"translate": True})
        ]
        assert len({tool.source for tool in tools}) == 4

    def test_a_language_that_nobody_knows_is_refused(self):
        with pytest.raises(UsageError, match=r"no language 'xx'.*as in en,de or German"):
            FasterWhisper(language="en,xx")

    def test_sentences_of_two_languages_are_not_joined(self):
        parts = [replace(said(0, 2, "Hello"), language="en"), replace(said(2.1, 4, "zusammen."), language="de")]
        assert joined(parts) == parts

    def test_a_translation_stands_beside_what_is_foreign(self):
        tool = Interpreter("en", "de", translate=True)
        [heard] = tool.run([spoken(1, 1)])
        assert [(said.text, said.translation) for said in heard] == [
            (SAID.format("transcribe", "en"), ""),
            (SAID.format("transcribe", "de"), SAID.format("translate", "de")),
        ]
        assert [record.payload for record in speech_records("v", heard, "x")] == [
            Spoken(said.text, (), said.language, translation=said.translation) for said in heard
        ]


class TestFromChunkToChunk:
    SECONDS = 4

    @classmethod
    def chunk(cls, number: int, sound: np.ndarray | None = None) -> AudioChunk:
        said = np.zeros(cls.SECONDS * SAMPLE_RATE, np.float32)
        said[SAMPLE_RATE // 2 :][: len(lecture_part(0))] = lecture_part(0)
        return AudioChunk(float(number * cls.SECONDS), said if sound is None else sound)

    def test_an_unsure_guess_is_the_language_before(self):
        tool = Interpreter("perhaps it", "de", "perhaps en", "en")
        for number in range(4):
            tool.run([self.chunk(number)])
        assert tool.heard == ["it", "de", "de", "en"]

    def test_another_video_or_another_track_of_the_same_begins_anew(self):
        tool = Interpreter("de", "perhaps en", "perhaps en")
        for number in (0, 1, 0):
            tool.run([self.chunk(number)])
        assert tool.heard == ["de", "de", "en"]

    def test_the_language_outlasts_silence_and_a_chunk_that_fails(self):
        tool = Interpreter("de", ZeroDivisionError(), "perhaps en", "perhaps en")
        tool.run([self.chunk(0)])
        tool.run([self.chunk(1, np.zeros(self.SECONDS * SAMPLE_RATE, np.float32))])
        with pytest.raises(ZeroDivisionError):
            tool.run([self.chunk(2)])
        tool.run([self.chunk(2)])  # tried again
        tool.run([self.chunk(3)])
        assert tool.heard == ["de", "de", "de"]

    def test_another_copy_goes_on_with_what_the_first_one_knew(self):
        first, second = Interpreter("de"), Interpreter("perhaps en", "perhaps fr")
        first.run([self.chunk(0)])
        second.remember(first.remembered())
        second.run([self.chunk(1)])
        assert second.heard == ["de"]
        second.forget()
        second.run([self.chunk(2)])
        assert second.heard == ["de", "fr"]


@pytest.mark.models
def test_the_tiny_model_understands_most_of_it():
    tool = backend("speech", "faster-whisper-tiny-en")()
    assert isinstance(tool, FasterWhisper)
    sound = lecture_sound()[: 60 * SAMPLE_RATE]
    [heard] = tool.run([AudioChunk(0.0, sound)])
    expected = [said.text for said in sentences() if said.end < 60]
    assert word_errors(expected, [utterance.text for utterance in heard]) < 0.2
    tool.close()
