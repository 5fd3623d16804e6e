"""Video-MME (Fu et al., 2024): 900 videos, 2,700 questions; short, medium and long; with and without subtitles.

videomme/test-00000-of-00001.parquet    the questions
data/VIDEO_ID.mp4                       from videos_chunked_*.zip; some are .MP4 or .mkv
subtitle/VIDEO_ID.srt                   from subtitle.zip; not every video has one
"""

from functools import cache
from pathlib import Path

from ..sets.question import Question, Subtitle
from .base import PublicSet, first_there, named, rows, srt, without_letter
from .scores import by_label


def _read(_: PublicSet, folder: Path) -> list[Question]:
    [table, *_rest] = sorted(folder.glob(SET.mark))

    @cache
    def subtitles(video: str) -> tuple[Subtitle, ...]:
        return srt(first_there([folder / "subtitle" / f"{video}.srt", folder / "subtitles" / f"{video}.srt"]))

    return [
        Question(
            id=row["question_id"],
            group=row["question_id"],
            video=first_there(named(folder, ("data", "videos", "video"), row["videoID"])),
            question=row["question"],
            options=tuple(map(without_letter, row["options"])),
            answer=row["answer"],
            type=row["task_type"],
            length=row["duration"],
            subtitles=subtitles(row["videoID"]),
            labels={"duration": row["duration"]},
        )
        for row in rows(table)
    ]


SET = PublicSet(
    name="video-mme",
    title="Video-MME",
    mark="videomme/test-*.parquet",
    published="https://video-mme.github.io (hub data set lmms-lab/Video-MME)",
    read=_read,
    score=by_label("duration"),
)
