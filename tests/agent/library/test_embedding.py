"""Questions about videos that were read with another text embedding than the profile's."""

import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from made_stages import Hashed, Numbers, Others, read
from made_videos import steady, write
from vidscout import VideoScout
from vidscout.graphs.events import Progress
from vidscout.tools.errors import VidscoutError, WeightsError
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.runtime.notes import noting

BIKES, BRIDGE = "af1ab9bad8938ec8156f77f78c438843", "a7441622a3f050643f481d16d297290a"


class Fragile(Hashed):
    """An embedding of its own, which can be told to fail."""

    role = "text_embedding"
    name = "fragile-for-a-test"
    error: Exception | None = None

    @property
    def source(self) -> str:
        return "fragile/1"

    def perceive(self, batch: Sequence[str]) -> list[np.ndarray]:
        if self.error is not None:
            raise self.error
        return super().perceive(batch)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folder of an index of version 1, whose vectors are by MiniLM; the videos' files are not there."""
    home = tmp_path / "old"
    packed = Path(__file__).parents[2] / "tools" / "index" / "version_1.tar.xz"
    with tarfile.open(packed) as archive:
        archive.extractall(home, filter="data")
    return home


@pytest.fixture
def scout(old: Path) -> Iterator[VideoScout]:
    """One whose profile has the embedding of this test."""
    mine = {"mine": {"base": "embedded", "roles": {"text_embedding": Fragile.name}}}
    with VideoScout("mine", old, profiles=mine) as opened:
        yield opened


def searched(scout: VideoScout, query: str = "opened in 1937") -> tuple[list[str], list[str], list[str]]:
    """Texts that are found, the stages of which progress was told, and the notes."""
    seen: list[Progress] = []
    with noting() as notes:
        found = scout.search(query, BRIDGE, on_progress=seen.append)
    return [one.text for one in found], list(dict.fromkeys(one.stage for one in seen)), notes


def test_the_first_search_embeds_the_records_anew_and_the_second_has_nothing_to_do(scout: VideoScout):
    texts, stages, notes = searched(scout)
    assert "opened in 1937" in texts[0]
    assert (len(stages), notes) == (1, [])
    assert stages[0].startswith("embedding ")
    assert stages[0].endswith(" records anew")
    assert searched(scout) == (texts, [], [])


def test_only_the_videos_that_are_asked_about_are_embedded_anew(scout: VideoScout):
    searched(scout)
    assert scout.index.embedded_by_another(BIKES, "fragile/1")
    scout.search("a bicycle")
    assert not scout.index.embedded_by_another(BIKES, "fragile/1")


def test_where_the_embedding_fails_words_are_searched_with_a_note_and_the_next_search_tries_again(scout: VideoScout):
    embedding = scout.role("text_embedding")
    embedding.error = RuntimeError("broken\nsession")
    texts, stages, notes = searched(scout)
    assert "opened in 1937" in texts[0]
    assert stages == []
    assert notes == [
        "bridge.mp4 is searched by its words only: its records could not be embedded anew: fragile/1 failed "
        "(RuntimeError: broken session)",
        "searched by words only: the text embedding failed (broken session)",
    ]
    embedding.error = None
    _, stages, notes = searched(scout)
    assert (len(stages), notes) == (1, [])


def test_missing_weights_end_the_search_with_their_own_line(scout: VideoScout):
    scout.role("text_embedding").error = WeightsError("run `vidscout models pull`")
    with pytest.raises(WeightsError, match="models pull"):
        searched(scout)


def test_a_home_that_is_only_read_is_searched_by_words_with_a_note(scout: VideoScout):
    writable, scout.index = scout.index, VideoIndex(scout.settings.home, read_only=True)
    texts, stages, notes = searched(scout)
    assert "opened in 1937" in texts[0]
    assert stages == []
    assert len(notes) == 1
    assert "bridge.mp4 is searched by its words only" in notes[0]
    assert "reading only" in notes[0]
    scout.index.close()
    scout.index = writable


def test_a_video_handed_in_again_says_why_it_could_not_be_embedded_anew(scout: VideoScout, tmp_path: Path):
    film = write(tmp_path / "film.mkv", steady(2, 5), [])
    index, embedding = scout.index, scout.role("text_embedding")
    assert read(index, film, Numbers())["added"] == 10
    embedding.error = RuntimeError("broken")
    done = read(index, film, Numbers(), embedding=embedding)
    assert done["already_read"]
    assert done["notes"] == [
        "film.mkv is searched by its words only: its records could not be embedded anew: fragile/1 failed "
        "(RuntimeError: broken)"
    ]
    with pytest.raises(VidscoutError, match="could not be embedded anew"):
        read(index, film, Numbers(), Others(), embedding=embedding)


@pytest.mark.models
def test_a_question_about_an_old_index_is_answered_by_the_embedding_of_today(old: Path):
    with VideoScout("embedded", old) as scout:
        seen: list[Progress] = []
        answer = scout.ask("bridge.mp4", "When was the bridge opened?", on_event=lambda e: seen.extend(told(e)))
        assert "1937" in answer.evidence[0].text
        assert len({one.stage for one in seen}) == 1
        assert [note for note in answer.notes if "words only" in note] == []
        assert not scout.index.embedded_by_another(BRIDGE, "embeddinggemma/1")
        assert "1937" in scout.search("¿cuándo se inauguró el puente?", BRIDGE)[0].text
        scout.ask("bikes.mp4", "Is there a bicycle?")
        assert scout.index.embedded_by_another(BIKES, "minilm/1")


def told(event: object) -> list[Progress]:
    return [event] if isinstance(event, Progress) else []
