"""Subtitles in files and beside them: what is said, who says it, and which sounds they tell."""

import unicodedata
from pathlib import Path

import av
import pytest
from made_videos import clicking, steady, write
from vidscout.tools.errors import MediaError
from vidscout.tools.geometry import Span
from vidscout.tools.media.given_text.sidecars import Sidecar, sidecars, text_of
from vidscout.tools.media.given_text.subtitles import TextTrack, chosen, notes, parts, subtitles, text_tracks

SRT = """1
00:00:01,000 --> 00:00:03,000
<i>The password is swordfish.</i>

2
00:00:06,000 --> 00:00:07,500
[door creaks]

3
00:00:08,000 --> 00:00:10,000
[door creaks] Nobody is
at home.
"""
VTT = """WEBVTT

00:00:01.000 --> 00:00:03.000
<v Ada Byron>The password is <c.yellow>swordfish</c>.</v>

00:06.000 --> 00:07.500 align:start position:0%
[door creaks]

00:08.000 --> 00:10.000
[door creaks] Nobody is at home.
"""
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:03.00,Default,Ada Byron,0,0,0,,{\\pos(10,20)\\b1}The password is {\\i1}swordfish{\\i0}.
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0 100 100{\\p0}
Dialogue: 0,0:00:06.00,0:00:07.50,Default,,0,0,0,,[door creaks]
Dialogue: 0,0:00:08.00,0:00:10.00,Default,,0,0,0,,[door creaks] Nobody is\\Nat home.
"""
SMI = """<SAMI><BODY>
<SYNC Start=1000><P>The password is swordfish.
<SYNC Start=3000><P>&nbsp;
</BODY></SAMI>
"""

SBV = "0:00:01.000,0:00:03.000\nThe password is swordfish.\n\n0:00:04.500,0:00:06.000\nNobody is at home.\n"
TTML = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xml:lang="en"><body><div>
<p begin="00:00:01.000" end="00:00:03.000">The password<br/>is swordfish.</p>
<p begin="00:00:04.500" end="00:00:06.000">Nobody is at home.</p>
</div></body></tt>
"""


def captions(text: str) -> str:
    """A caption that is loaded from 1 s on and is cleared at 4 s, as CEA-608 codes in SCC's lines."""
    odd = [ord(letter) | (0x80 if ord(letter).bit_count() % 2 == 0 else 0) for letter in text + " " * (len(text) % 2)]
    letters = " ".join(f"{one:02x}{other:02x}" for one, other in zip(odd[::2], odd[1::2], strict=True))
    load, show, clear = f"94ae 94ae 9420 9420 9470 9470 {letters}", "942f 942f", "942c 942c"
    return f"Scenarist_SCC V1.0\n\n00:00:01:00\t{load} {show}\n\n00:00:04:00\t{clear}\n"


def beside(folder: Path, name: str, text: str | bytes, video: str = "talk.mp4") -> Path:
    """A video with a subtitle file beside it."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return write(folder / video, steady(1))


def read(path: Path, language: str = "") -> list[tuple[float, float, str, str, bool]]:
    track = chosen(text_tracks(path, sidecars(path)), language)
    assert track is not None
    return [
        (round(one.span.start, 2), round(one.span.end, 2), one.text, one.speaker, one.sound)
        for one in subtitles(path, track)
    ]


def inside(folder: Path, texts: str, suffix: str, codec: str, language: str = "eng") -> Path:
    """A film with a text track in it."""
    (folder / "texts.srt").write_text(texts, encoding="utf-8")
    picture = write(folder / f"picture{suffix}", steady(10, 5), [clicking(10)])
    path = folder / f"film{suffix}"
    with av.open(str(picture)) as pictures, av.open(str(folder / "texts.srt")) as said, av.open(str(path), "w") as film:
        streams = [film.add_stream_from_template(stream) for stream in pictures.streams]
        text = film.add_stream_from_template(said.streams[0])
        assert text.codec_context is None or codec
        text.metadata["language"] = language
        for packet in pictures.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                film.mux(packet)
        for packet in said.demux():
            if packet.pts is not None:
                packet.stream = text
                film.mux(packet)
    return path


class TestFormats:
    @pytest.mark.parametrize(("suffix", "text"), [("srt", SRT), ("vtt", VTT), ("ass", ASS)])
    def test_each_tells_what_is_said_and_which_sounds_there_are(self, tmp_path, suffix, text):
        found = read(beside(tmp_path, f"talk.en.{suffix}", text))
        assert [one[:3] + one[4:] for one in found] == [
            (1.0, 3.0, "The password is swordfish.", False),
            (6.0, 7.5, "door creaks", True),
            (8.0, 10.0, "door creaks", True),
            (8.0, 10.0, "Nobody is at home.", False),
        ]
        assert found[0][3] == ("" if suffix == "srt" else "Ada Byron")

    @pytest.mark.parametrize(
        ("suffix", "text"),
        [
            ("sbv", SBV), ("ttml", TTML), ("dfxp", TTML), ("srt", TTML), ("txt.srt", SBV),
            ("ttml", TTML.replace('begin="00:00:01.000" end="00:00:03.000"', 'begin="1s" dur="2s"')),
            ("ttml", TTML.replace("<tt ", "<tt:tt ").replace('xmlns=', "xmlns:tt=").replace("</tt>", "</tt:tt>")
             .replace("<body", "<tt:body").replace("</body", "</tt:body").replace("<div", "<tt:div")
             .replace("</div", "</tt:div").replace("<p ", "<tt:p ").replace("</p", "</tt:p").replace("<br", "<tt:br")),
        ],
    )  # fmt: skip
    def test_what_broadcasters_and_video_pages_hand_out_is_read(self, tmp_path, suffix, text):
        name = f"talk.{suffix}" if suffix != "txt.srt" else "talk.srt"
        assert [one[:3] for one in read(beside(tmp_path, name, text))] == [
            (1.0, 3.0, "The password is swordfish."),
            (4.5, 6.0, "Nobody is at home."),
        ]

    def test_captions_of_american_television_are_read(self, tmp_path):
        found = read(beside(tmp_path, "talk.scc", captions("The password is swordfish.")))
        assert [one[2] for one in found] == ["The password is swordfish."]
        assert found[0][0] == pytest.approx(1.5, abs=1)  # they load for a while before they show
        assert found[0][1] == pytest.approx(4.0, abs=0.1)

    @pytest.mark.parametrize(("suffix", "text"), [("ttml", "<tt><p"), ("ttml", "Dear all"), ("scc", "Dear all")])
    def test_what_is_in_no_such_format_is_told_of(self, tmp_path, suffix, text):
        with pytest.raises(MediaError, match=rf"talk\.{suffix}: (?:not|no) subtitles"):
            read(beside(tmp_path, f"talk.{suffix}", text))

    def test_sami_too(self, tmp_path):
        assert [one[:3] for one in read(beside(tmp_path, "talk.smi", SMI))] == [
            (1.0, 3.0, "The password is swordfish.")
        ]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
    def test_any_encoding_is_understood(self, tmp_path, encoding):
        text = SRT.replace("The password is swordfish.", "Grüße aus Köln, sagte der Bürgermeister: schöne Straßen.")
        found = read(beside(tmp_path, "talk.srt", text.encode(encoding)))
        assert found[0][2] == "Grüße aus Köln, sagte der Bürgermeister: schöne Straßen."

    def test_what_is_no_text_is_refused_with_its_name(self, tmp_path):
        with pytest.raises(MediaError, match=r"gone\.srt"):
            text_of(Sidecar(tmp_path / "gone.srt", "srt"))

    @pytest.mark.parametrize(
        ("language", "encodings", "text"),
        [
            ("ru", ["cp1251", "koi8-r", "cp866", "iso8859-5", "utf-16-le"], "Последний паром уходит вечером."),
            ("uk", ["cp1251"], "Останній пором відпливає ввечері, міст зачинено."),
            ("ja", ["shift_jis", "euc_jp", "iso2022_jp", "utf-16-be"], "合言葉はメカジキです。"),
            ("zh", ["gb18030", "big5"], "大的船今天不能在水上走了。"),
            ("ko", ["euc_kr"], "마지막 배는 저녁에 떠납니다."),
            ("el", ["cp1253", "iso8859-7"], "Το τελευταίο πλοίο φεύγει νωρίς."),
            ("pl", ["cp1250", "iso8859-2"], "Ostatni prom odpływa wieczorem, żółw śpi."),
            ("tr", ["cp1254"], "Köprü pazartesiye kadar kapalı, iğne ışığı."),
            ("ar", ["cp1256"], "الجسر مغلق حتى يوم الاثنين"),
            ("he", ["cp1255"], "הגשר סגור עד יום שני"),
            ("th", ["cp874"], "สะพานปิดถึงวันจันทร์"),
            ("lv", ["cp1257"], "Pēdējais prāmis aiziet vakarā, tilts slēgts."),
        ],
    )
    def test_what_systems_wrote_before_unicode_is_read_by_the_language_that_the_name_tells(
        self, tmp_path, language, encodings, text
    ):
        for encoding in encodings:
            (tmp_path / "a.srt").write_bytes(SRT.replace("<i>The password is swordfish.</i>", text).encode(encoding))
            assert text in text_of(Sidecar(tmp_path / "a.srt", "srt", language)), encoding

    @pytest.mark.parametrize(
        ("encoding", "text"),
        [
            ("cp1251", "Последний паром уходит вечером. Мост закрыт до понедельника."),
            ("shift_jis", "合言葉はメカジキです。橋は月曜日まで閉まっています。"),
        ],
    )
    def test_they_are_told_by_the_text_alone_where_no_name_tells(self, tmp_path, encoding, text):
        assert read(beside(tmp_path, "talk.srt", SRT.replace("[door creaks]", text).encode(encoding)))[1][2] == text

    def test_a_damaged_letter_does_not_make_it_another_encoding(self, tmp_path):
        text = SRT.replace("<i>The password is swordfish.</i>", "Grüße aus Köln: Straße gesperrt, Öl läuft über.")
        found = read(beside(tmp_path, "talk.srt", text.encode() + "4\n00:00:11,000 --> 00:00:12,000\nÄ".encode()[:-1]))
        assert found[0][2] == "Grüße aus Köln: Straße gesperrt, Öl läuft über."

    def test_entities_are_letters(self, tmp_path):
        vtt = VTT.replace("[door creaks] Nobody", "&quot;Nobody&quot; &amp; I &#233;")
        assert read(beside(tmp_path, "talk.vtt", vtt))[-1][2] == '"Nobody" & I é is at home.'

    @pytest.mark.parametrize(("head", "rate"), [("", 25), ("{1}{1}10.000\n", 10), ("{0}{0}10\n", 10)])
    def test_frame_numbers_are_times_by_the_rate_that_the_file_or_the_video_tells(self, tmp_path, head, rate):
        found = read(beside(tmp_path, "talk.sub", f"{head}{{50}}{{100}}{{y:i}}Nobody|is at home.\n"))
        assert [one[:3] for one in found] == [(50 / rate, 100 / rate, "Nobody is at home.")]

    @pytest.mark.parametrize(
        ("suffix", "text"),
        [
            ("srt", VTT.replace("Ada Byron", "Ada")),
            ("vtt", SRT),
            ("sub", SRT),
            ("srt", ASS.replace("Ada Byron", "Ada")),
            ("srt", SRT.replace("00:00:0", "0:0").replace(",000", "").replace(",500", ",5")),
            (
                "sub",
                "[INFORMATION]\n[END INFORMATION]\n[SUBTITLE]\n00:00:01.00,00:00:03.00\nThe password is swordfish.\n\n",
            ),
        ],
    )
    def test_the_format_is_told_by_the_text_and_not_by_the_suffix(self, tmp_path, suffix, text):
        assert read(beside(tmp_path, f"talk.{suffix}", text))[0][:3] == (1.0, 3.0, "The password is swordfish.")

    def test_times_are_read_as_people_write_them(self, tmp_path):
        text = "1\n0:00:01 --> 0:00:02\nOne.\n\n2\n00:03.5 --> 00:04,25 X1:10\nTwo.\n"
        assert [one[:3] for one in read(beside(tmp_path, "talk.srt", text))] == [(1, 2, "One."), (3.5, 4.25, "Two.")]

    def test_a_file_without_a_subtitle_is_told_of(self, tmp_path):
        with pytest.raises(MediaError, match=r"talk\.srt: no subtitles are in it"):
            read(beside(tmp_path, "talk.srt", "Dear all,\n\nthe meeting is at ten.\n"))

    def test_a_line_without_an_end_stands_for_a_while(self, tmp_path):
        found = read(beside(tmp_path, "talk.lrc", "[00:01.00]Nobody is at home.\n[00:05.00]The password.\n"))
        assert [one[:3] for one in found] == [(1.0, 5.0, "Nobody is at home."), (5.0, 8.0, "The password.")]

    def test_lyrics_come_earlier_by_what_their_file_says(self, tmp_path):
        found = read(beside(tmp_path, "talk.lrc", "[offset:+500]\n[00:01.00]Nobody\n[01:05.00]<01:05.50>is home.\n"))
        assert [one[:3] for one in found] == [(0.5, 64.5, "Nobody"), (64.5, 67.5, "is home.")]


class TestTaken:
    @pytest.mark.parametrize(
        ("lines", "found"),
        [
            (["ANNA: Good morning.", "TOM: Hello."], [("Good morning.", "Anna"), ("Hello.", "Tom")]),
            (["- Where is it?", "- Over there."], [("Where is it?", ""), ("Over there.", "")]),
            (["(thunder rumbles)"], [("[thunder rumbles]", "")]),
            (["♪ Row, row, row your boat ♪"], [("[Row, row, row your boat]", "")]),
            (["♪♪"], [("[music]", "")]),
            (["He said (and meant it) yes."], [("He said (and meant it) yes.", "")]),
            (["【ドアの音】", "誰もいない。"], [("[ドアの音]", ""), ("誰もいない。", "")]),
            (["Note: this is not a name."], [("Note: this is not a name.", "")]),
            (["..."], []),
            (
                ["MAN #1: Hello.", "DR. MÜLLER-LANG: Good evening."],
                [("Hello.", "Man #1"), ("Good evening.", "Dr. Müller-Lang")],
            ),
            (["ANNA (whispering): Come."], [("Come.", "Anna")]),
            (["We are # 1 here."], [("We are # 1 here.", "")]),
            (["# La la la #"], [("[La la la]", "")]),
            (["♪ We all live in", "a yellow submarine ♪"], [("[We all live in a yellow submarine]", "")]),
            ([">> REPORTER: It rains.", ">>> In sports today"], [("It rains.", "Reporter"), ("In sports today", "")]),
        ],
    )
    def test_a_subtitle_is_taken_apart(self, lines, found):
        taken = parts(Span(0, 2), lines)
        assert [(f"[{one.text}]" if one.sound else one.text, one.speaker) for one in taken] == found

    def test_lines_that_roll_up_are_said_once(self, tmp_path):
        rolling = """WEBVTT

00:00:01.000 --> 00:00:03.000
we begin with the roots

00:00:03.000 --> 00:00:03.010
we begin with the roots

00:00:03.010 --> 00:00:05.000
we begin with the roots
and then come the leaves
"""
        said = [one[2] for one in read(beside(tmp_path, "talk.vtt", rolling))]
        assert said == ["we begin with the roots", "and then come the leaves"]


class TestBeside:
    def test_names_tell_language_and_kind(self, tmp_path):
        names = ["talk.srt", "talk.en.srt", "Talk.DEU.forced.ass", "talk.pt-BR.sdh.vtt", "talk.commentary.srt"]
        others = ["talk2.srt", "talk.part2.srt", "talk.txt", "other.en.srt", "talk.srt.bak"]
        for name in names + others:
            (tmp_path / name).write_text(SRT)
        found = {one.path.name: (one.language, one.forced, one.aside) for one in sidecars(tmp_path / "talk.mp4")}
        assert found == {
            "talk.srt": ("", False, False),
            "talk.en.srt": ("en", False, False),
            "Talk.DEU.forced.ass": ("de", True, False),
            "talk.pt-BR.sdh.vtt": ("pt", False, False),
            "talk.commentary.srt": ("", False, True),
        }

    def test_composed_and_decomposed_names_are_one(self, tmp_path):
        (tmp_path / unicodedata.normalize("NFD", "Café.en.srt")).write_text(SRT)
        assert len(sidecars(tmp_path / unicodedata.normalize("NFC", "Café.mp4"))) == 1

    def test_pictures_of_a_dvd_are_no_text(self, tmp_path):
        (tmp_path / "talk.sub").write_bytes(b"\x00\x00\x01\xba" + bytes(100))
        assert sidecars(tmp_path / "talk.mp4") == []


class TestInside:
    @pytest.mark.parametrize(("suffix", "codec"), [(".mkv", "subrip")])
    def test_a_text_track_is_read_in_step_with_the_picture(self, tmp_path, suffix, codec):
        path = inside(tmp_path, SRT, suffix, codec)
        assert read(path)[0][:3] == (1.0, 3.0, "The password is swordfish.")
        [track] = text_tracks(path)
        assert (track.language, track.pictures, str(track)) == ("en", False, "subtitles 0 (English)")


class TestChoice:
    def test_the_whole_track_in_the_language_that_is_spoken_goes_first(self):
        tracks = [
            TextTrack(0, "de", default=True),
            TextTrack(1, "en", forced=True),
            TextTrack(2, "en", aside=True),
            TextTrack(3, "en"),
            TextTrack(4, "en", pictures=True),
        ]
        assert chosen(tracks, "en") is tracks[3]
        assert chosen(tracks, "fr") is tracks[0]
        assert chosen(tracks, "") is tracks[0]
        assert chosen([tracks[4]], "en") is None
        assert notes(tracks, tracks[3]) == [
            "subtitles 4 (English): pictures of text, which were not read",
            "subtitles 3 (English) was read, not subtitles 0 (German), subtitles 1 (English, forced), "
            "subtitles 2 (English)",
        ]


def test_previews_for_a_players_bar_are_no_subtitles(tmp_path: Path):
    video = write(tmp_path / "a.mp4", steady(2))
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nthumbs.jpg#xywh=0,0,160,90\n")
    track = text_tracks(video, sidecars(video))[0]
    with pytest.raises(MediaError, match="no subtitles are in it"):
        list(subtitles(video, track))
