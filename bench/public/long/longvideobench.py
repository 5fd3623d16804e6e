"""LongVideoBench (Wu et al., 2024), the validation questions; those of the test set have no public answers.

lvb_val.json                the questions
videos/NAME.mp4             from videos.tar.part.*
subtitles/NAME_en.json      from subtitles.tar
"""

from pathlib import Path
from typing import Any

from ...sets.question import Question, Subtitle
from ..base import LETTERS, PublicSet, json_file, seconds
from ..scores import by_label


def _read(_: PublicSet, folder: Path) -> list[Question]:
    return [
        Question(
            id=item["id"],
            group=item["id"],
            video=folder / "videos" / item["video_path"],
            question=item["question"],
            options=tuple(item["candidates"]),
            answer=LETTERS[item["correct_choice"]],
            type=item["question_category"],
            length=f"{item['duration_group']} s",
            subtitles=_subtitles(folder / "subtitles" / item["subtitle_path"], item),
            labels={"duration_group": item["duration_group"]},
        )
        for item in json_file(folder / SET.mark)
    ]


def _subtitles(path: Path, item: dict[str, Any]) -> tuple[Subtitle, ...]:
    """Lines on the clip's own clock: the file has those of the whole source video, of which the clip is a part."""
    if not path.is_file():
        return ()
    begin, duration = float(item["starting_timestamp_for_subtitles"]), float(item["duration"])
    lines: list[Subtitle] = []
    for line in json_file(path):
        if "timestamp" in line:
            start, end = line["timestamp"]
            text = line["text"]
        else:
            start, end, text = seconds(line["start"]), seconds(line["end"]), line["line"]
        start = float(start) - begin
        end = float(end) - begin if end is not None else duration
        if end > 0 and start < duration and text.strip():
            lines.append(Subtitle(max(start, 0.0), min(end, duration), " ".join(text.split())))
    return tuple(lines)


SET = PublicSet(
    name="longvideobench",
    title="LongVideoBench",
    mark="lvb_val.json",
    published="https://longvideobench.github.io (hub data set longvideobench/LongVideoBench)",
    read=_read,
    score=by_label("duration_group"),
)
