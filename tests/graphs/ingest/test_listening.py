"""Which audio track is listened to: the one in which somebody speaks, unless somebody chooses."""

import wave
from pathlib import Path

import numpy as np
import pytest
from made_videos import RATE, clicking, steady, write
from vidscout.graphs.ingest.listening import Listening, asked_for, chosen, listening, louder, told
from vidscout.graphs.ingest.sound import TracksApart, from_time, sound
from vidscout.tools.errors import AudioTrackError
from vidscout.tools.media.audio import SAMPLE_RATE
from vidscout.tools.media.tracks import COMMENTARY as CALLED_SO
from vidscout.tools.media.tracks import AudioTrack, _title

ENGLISH, GERMAN = AudioTrack(0, "aac", 2, "en"), AudioTrack(1, "aac", 2, "de", default=True)
SILENT = AudioTrack(0, "aac", 2, default=True)
COMMENTARY = AudioTrack(2, "aac", 2, "en", "Director's commentary", aside=True)
VOICE = {0: 0.4, 1: 0.42, 2: 0.9}


def voiced(track: AudioTrack) -> float:
    return VOICE[track.number]


@pytest.mark.parametrize(
    ("tracks", "wanted", "language", "voice", "heard"),
    [
        ([ENGLISH, GERMAN], "auto", None, voiced, [1]),  # marked as default
        ([ENGLISH, GERMAN, COMMENTARY], "auto", "en", voiced, [0]),  # said to be spoken
        ([ENGLISH, GERMAN], "auto", "fr,en", voiced, [0]),
        ([SILENT, GERMAN], "auto", None, {0: 0.0, 1: 0.3}.get, [1]),  # the first is silent
        ([SILENT, GERMAN], "auto", None, {0: 0.0, 1: 0.0}.get, [0]),  # nobody speaks in any
        ([COMMENTARY, ENGLISH], "auto", None, voiced, [0]),
        ([COMMENTARY], "auto", None, voiced, [2]),  # there is nothing else
        ([ENGLISH, GERMAN, COMMENTARY], "2", "de", voiced, [2]),
        ([ENGLISH, GERMAN, COMMENTARY], "deu", None, voiced, [1]),
        ([ENGLISH, GERMAN, COMMENTARY], "all", None, voiced, [0, 1, 2]),
        ([SILENT], "fr", None, voiced, [0]),  # the only one, of which nobody knows the language
    ],
)
def test_the_track_that_is_listened_to(tracks, wanted, language, voice, heard):
    by_number = voice if voice is voiced else lambda track: voice(track.number)
    assert chosen(tracks, wanted, language, by_number) == heard


def test_a_single_track_is_taken_without_being_looked_into():
    assert chosen([ENGLISH], "auto", None, lambda track: 1 / 0) == [0]


@pytest.mark.parametrize("wanted", ["7", "fr"])
def test_a_track_that_is_not_there_is_refused_with_those_that_are(wanted):
    with pytest.raises(AudioTrackError, match=r"0 \(English\), 1 \(German\)"):
        asked_for([ENGLISH, GERMAN], wanted)


def test_the_note_names_every_track():
    assert told([ENGLISH], [0]) == ()
    assert told([ENGLISH, GERMAN, COMMENTARY], [1]) == (
        "audio track 1 (German) was listened to, not 0 (English), 2 (English, “Director's commentary”); "
        "--audio-track chooses by number or language, or all",
    )
    assert told([ENGLISH, GERMAN], [0, 1]) == ("audio tracks 0 (English), 1 (German) were listened to",)


def test_quiet_sound_is_made_louder_and_noise_is_not():
    assert louder(0.003) == pytest.approx(100)
    assert louder(0.2) == louder(0.0) == louder(1e-5) == 1


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tracks, one a person: each clicks in a pitch of its own, the second three seconds only."""
    sounds = [clicking(5, 500), clicking(3, 3000)]
    return write(tmp_path_factory.mktemp("meeting") / "meeting.mkv", steady(5), sounds)


def test_several_tracks_are_heard_in_step_and_apart(meeting: Path):
    heard = Listening((0, 1), names=("Ada", "Bob"))
    apart = TracksApart(heard)
    [whole] = list(apart.passing(sound(meeting, heard)))
    first, second = apart.of(whole)
    assert (first.track, second.track) == ("Ada", "Bob")
    assert len(first.samples) == len(second.samples) == len(whole.samples)
    assert np.abs(second.samples[round(3.2 * SAMPLE_RATE) :]).max() < 0.01
    assert np.abs(first.samples[round(3.9 * SAMPLE_RATE) :]).max() > 0.1
    assert np.abs(whole.samples).max() <= 1


def test_windows_of_any_cut_get_the_right_stretch_of_each_track(meeting: Path):
    heard = Listening((0, 1), names=("Ada", "Bob"))
    [whole] = list(sound(meeting, heard))
    apart = TracksApart(heard)
    [late] = list(apart.passing(from_time([whole], 1.25)))
    assert late.start == 1.25
    for track, full in zip(apart.of(late), whole.tracks, strict=True):
        assert np.array_equal(track.samples, full[round(1.25 * SAMPLE_RATE) :])


@pytest.mark.parametrize("start", [1.0, 3.0, 31.5, 36.0])
def test_a_reading_that_goes_on_hears_the_same_samples(start: float, tmp_path: Path):
    """Also where the container rounds time stamps, and where what comes before is louder than the limits."""
    fading = clicking(37) * np.linspace(1, 0.2, 37 * RATE, dtype=np.float32)
    path, heard = write(tmp_path / "fading.mkv", sounds=[fading]), Listening((0,), gain=3)
    whole = np.concatenate([chunk.samples for chunk in sound(path, heard)])
    rest = list(sound(path, heard, start))
    assert rest[0].start == start
    assert np.array_equal(np.concatenate([chunk.samples for chunk in rest]), whole[round(start * SAMPLE_RATE) :])


def test_gain_keeps_within_limits(meeting: Path):
    [quiet] = list(sound(meeting, Listening((0,))))
    [loud] = list(sound(meeting, Listening((0,), gain=50)))
    assert np.abs(loud.samples).max() == pytest.approx(1)
    assert np.corrcoef(quiet.samples, loud.samples)[0, 1] > 0.99


def test_channels_are_heard_in_step_and_apart(tmp_path: Path):
    left, right = clicking(5, 500), clicking(5, 3000) * 0.5
    path = tmp_path / "call.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        stereo = np.stack([left, right], axis=1)
        file.writeframes(np.round(np.clip(stereo, -1, 1) * 32767).astype("<i2").tobytes())
    heard = listening(path, 5.0, "channels")
    assert (heard.tracks, heard.channels, heard.names) == ((0,), (0, 1), ("channel 1", "channel 2"))
    apart = TracksApart(heard)
    [whole] = list(apart.passing(sound(path, heard)))
    first, second = apart.of(whole)
    assert (first.track, second.track) == heard.names
    assert np.abs(second.samples).max() == pytest.approx(np.abs(first.samples).max() / 2, rel=0.1)
    assert listening(path, 5.0, "auto").channels == ()


def test_a_note_names_a_dozen_of_many_tracks():
    note = told([AudioTrack(number, "opus", 1) for number in range(64)], [0])[0]
    assert "11, 12 and 51 more;" in note


@pytest.mark.parametrize("called", ["Audiodeskription", "AD", "Commentaire du réalisateur", "Audiodescripción"])
def test_a_description_is_known_by_its_name_in_other_languages(called: str):
    assert CALLED_SO.search(called)


def test_a_track_of_mp4_is_called_what_its_handler_is_called_unless_a_program_wrote_that():
    assert _title({"handler_name": "Director's commentary"}) == "Director's commentary"
    assert _title({"handler_name": "SoundHandler"}) == _title({"handler_name": "Core Media Audio"}) == ""
