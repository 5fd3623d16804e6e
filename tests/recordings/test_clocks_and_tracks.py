"""Recordings whose streams begin, end or differ in odd ways: what is in them stands where a player shows it."""

from collections.abc import Callable

import pytest
from recordings_read import DATA, Read
from vidscout import VideoScout
from vidscout.tools.errors import MediaError
from vidscout.tools.payloads import Sound, Spoken
from vidscout.tools.records import Modality, Record, of_kind

pytestmark = [pytest.mark.models, pytest.mark.slow]

Reader = Callable[[str], Read]

VOICE = 0.4
"""Seconds by which the beginning of a sentence may be off."""
SIGHT = 1.0
"""Seconds by which writing may be off: frames are looked at once a second."""


def stands(record: Record, start: float, end: float, within: float) -> bool:
    """Whether a record begins and ends when it should, in seconds."""
    return abs(record.span.start - start) <= within and abs(record.span.end - end) <= within


def texts(records: list[Record]) -> list[str]:
    return [record.text for record in records]


@pytest.mark.parametrize("name", ["plain.mp4", "theora.ogv", "antiphase.mp4", "silentfirst.mkv", "twolang.mp4"])
def test_two_sentences_and_two_titles_are_found_when_they_come(read: Reader, name: str):
    found = read(name)
    assert found.duration == pytest.approx(24, abs=0.2)
    first, second = found.speech
    assert "bridge was opened in 1937" in first.text
    assert "carries a heavy load" in second.text
    assert first.span.start == pytest.approx(4.1, abs=VOICE)
    assert second.span.start == pytest.approx(15.1, abs=VOICE)
    golden, thanks = found.screen_text
    assert (golden.text, thanks.text) == ("Golden Gate", "Thank you all")
    assert stands(golden, 2, 8, SIGHT)
    assert stands(thanks, 12, 20, SIGHT)


def test_empty_packets_that_repeat_the_picture_are_no_damage(read: Reader):
    assert read("theora.ogv").notes == []


def test_a_picture_that_comes_later_than_the_sound_leaves_the_sound_where_it_is(read: Reader):
    found = read("latevideo.mkv")
    assert found.duration == pytest.approx(34, abs=0.2)
    assert [round(record.span.start) for record in found.speech] == [4, 15]
    golden, thanks = found.screen_text
    assert stands(golden, 12, 18, SIGHT)
    assert stands(thanks, 22, 30, SIGHT)


def test_a_capture_that_begins_between_key_frames_keeps_its_sound(read: Reader):
    found = read("startmissing.ts")
    assert found.speech[0].span.start < 1
    assert "after four years of work" in found.speech[0].text


def test_a_file_that_is_cut_off_says_how_long_it_is_and_should_be(read: Reader):
    found = read("cutfast.mp4")
    assert found.duration == pytest.approx(16, abs=0.3)
    assert "the file is cut off or still being written: header says 0:24, found 0:16" in found.notes
    assert "Golden Gate" in texts(found.screen_text)


def test_of_two_tracks_the_one_with_speech_is_heard_and_the_choice_is_said(read: Reader):
    [note] = read("silentfirst.mkv").notes
    assert "audio track 1 (“Mic”) was listened to" in note


def test_of_two_languages_both_are_named(read: Reader):
    [note] = read("twolang.mp4").notes
    assert "English" in note
    assert "German" in note


def test_subtitles_and_chapters_of_the_file_are_findings(read: Reader):
    found = read("srt.mkv")
    said = [(record.span.start, record.span.end, spoken.text) for record, spoken in of_kind(found.records, Spoken)]
    assert (3.0, 6.0, "The password is swordfish.") in said
    assert [sound.text for _, sound in of_kind(found.records, Sound)] == ["door creaks"]
    arrival, house = found.of(Modality.CHAPTER)
    assert "The empty house" in house.text
    assert house.span.start == pytest.approx(9, abs=0.1)
    assert arrival.span.end == pytest.approx(9, abs=0.1)


def test_a_sentence_that_is_said_three_times_is_three_findings(read: Reader):
    said = [record.span.start for record in read("announce2.mp4").speech if "Please stand clear" in record.text]
    assert said == pytest.approx([5, 20, 35], abs=VOICE)


def test_a_recording_joined_to_itself_goes_on(read: Reader):
    found = read("cat_small.ts")
    assert found.duration == pytest.approx(20.1, abs=0.2)
    first, again = found.speech
    assert again.span.start - first.span.start == pytest.approx(10.05, abs=VOICE)
    assert texts(found.screen_text) == ["Golden Gate"] * 2


def test_each_sentence_is_in_its_own_language(read: Reader):
    said = [(spoken.language, record.span.start) for record, spoken in of_kind(read("en_de.mp4").speech, Spoken)]
    assert [language for language, start in said if start < 18] == ["en"] * (len(said) - 1)
    assert said[-1][0] == "de"


def test_a_sentence_ends_with_the_voice_and_not_with_the_pause(read: Reader):
    assert read("us.mp4").speech[0].span.end == pytest.approx(6.3, abs=0.7)


def test_a_picture_that_stands_for_long_is_cited_while_it_stands(read: Reader):
    found = read("slow.mp4")
    assert texts(found.screen_text) == ["Monday", "Tuesday", "Wednesday"]
    assert stands(found.screen_text[2], 40, 60, SIGHT)


def test_what_stands_for_twenty_minutes_is_found_once_in_a_day_and_two_hours(read: Reader):
    found = read("26h.mkv")
    assert found.duration == pytest.approx(93600, abs=60)
    for kind in (Modality.SCREEN_TEXT, Modality.CAPTION):
        [alarm] = [record for record in found.of(kind) if "Alarm in hall 7" in record.text]
        assert stands(alarm, 90000, 91200, 60)


def test_an_encrypted_file_is_said_to_be_so(recordings: VideoScout):
    with pytest.raises(MediaError, match="encrypted"):
        recordings.ingest([DATA / "encrypted.mp4"])


def test_sound_is_heard_where_the_picture_cannot_be_decoded(read: Reader):
    found = read("unknownvideo.mkv")
    assert any("the video cannot be decoded" in note for note in found.notes)
    assert [round(record.span.start) for record in found.speech] == [4, 15]
