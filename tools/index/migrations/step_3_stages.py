"""How far a video was read is kept for each stage, no longer for `see` and `hear`; records name their stage.

What version 2 read stays read: its two passes become the stages that looked and listened in them, with the same
observations, each with the fingerprint that its tools have in the video's settings.
"""

import json
from collections.abc import Iterator
from sqlite3 import Connection

from .statements import run

TABLES = """
create table stages (
    video text not null, stage text not null, fingerprint text not null, needs text not null, position real,
    observed integer not null default 0, done integer not null default 0, embedding text not null default '',
    notes text not null default '[]', primary key (video, stage)) without rowid;
create table failures (
    video text not null, stage text not null, start real not null, stop real not null, error text not null,
    primary key (video, stage, start)) without rowid;
create table leaving (collection text not null, id text not null, primary key (collection, id)) without rowid;
alter table observations rename to passes;
create table observations (
    video text not null, stage text not null, time real not null, payload not null, primary key (video, stage, time));
alter table records add column stage text not null default '';
create index records_stage on records (video, stage)
"""

STAGE_OF = {
    "speech": "speech",
    "screen_text": "screen_text",
    "object": "objects",
    "track": "objects",
    "frame": "tags",
    "shot": "shots",
    "caption": "captions",
}
"""The stage that makes each modality's records."""

OBSERVED = """
insert into observations
    select video, 'speech', time, payload from passes where branch = 'hear';
insert into observations
    select video, 'screen_text', time, cast(json_extract(cast(payload as text), '$.lines') as blob)
    from passes where branch = 'see' and json_extract(cast(payload as text), '$.kept');
insert into observations
    select video, 'objects', time, cast(json_extract(cast(payload as text), '$.objects') as blob)
    from passes where branch = 'see' and json_extract(cast(payload as text), '$.kept');
insert into observations
    select video, 'tags', time, cast(json_object(
        'labels', json_extract(cast(payload as text), '$.tags'),
        'features', json_extract(cast(payload as text), '$.features')) as blob)
    from passes where branch = 'see' and json_extract(cast(payload as text), '$.kept');
insert into observations
    select video, 'captions', time, cast(json_extract(cast(payload as text), '$.caption') as blob)
    from passes where branch = 'see' and json_type(cast(payload as text), '$.caption') = 'object';
insert into observations
    select video, 'thumbnails', time, cast('' as blob)
    from passes where branch = 'see' and json_extract(cast(payload as text), '$.kept')
"""


def apply(db: Connection) -> None:
    """Make the tables, and move into them what was read."""
    run(db, TABLES)
    for modality, stage in STAGE_OF.items():
        db.execute("update records set stage = ? where modality = ?", (stage, modality))
    run(db, OBSERVED)
    for video, about in db.execute("select id, about from videos").fetchall():
        known = json.loads(about)
        _note_stages(db, video, known)
        known.pop("settings", None)
        db.execute("update videos set about = ? where id = ?", (json.dumps(known), video))
    run(db, "drop table passes; drop table branches")


def _note_stages(db: Connection, video: str, known: dict[str, object]) -> None:
    """Write what is known of a video's passes into the journal of its stages."""
    passes = {
        branch: (position, finished)
        for branch, position, finished in db.execute(
            "select branch, position, finished from branches where video = ?", [video]
        )
    }
    settings = str(known.get("settings", "")).split("; ")
    if len(settings) < 6 or (not passes and known.get("status") != "ready"):
        return
    ready = known.get("status") == "ready"
    encoders = {source for (source,) in db.execute("select source from encoders")}
    for stage, fingerprint, needs in _stages(settings, encoders):
        branch = "hear" if stage == "speech" else "see"
        position, finished = passes.get(branch, (None, 0)) if not needs else (None, 1)
        db.execute(
            "insert into stages (video, stage, fingerprint, needs, position, observed, done, embedding) "
            "values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                video,
                stage,
                fingerprint,
                json.dumps(needs),
                position,
                int(bool(finished or ready)),
                int(ready),
                settings[5] if ready else "",
            ),
        )


def _stages(settings: list[str], encoders: set[str]) -> Iterator[tuple[str, str, list[str]]]:
    """The stages that a video was read by, each with its fingerprint and the stages that it needs.

    Args:
        settings: `1fps 1280px track 0`, and the sources of the tools for screen text, tags, objects, speech and text
            embedding; then of the captioner and the frame encoder, as far as there were any.
        encoders: sources of all frame encoders that this home knows.
    """
    sampling, screen_text, tags, objects, speech, embedding, *others = settings
    rate, side, _, track = sampling.split(" ")
    frames = f"{rate.removesuffix('fps')} fps, {side.removesuffix('px')} px"
    encoder = next((one for one in others if encoders & {*one.split(" + ")}), None)
    captioner = next((one for one in others if one != encoder), None)
    yield "speech", f"{speech}; track {track}", []
    yield "thumbnails", f"thumbnails/1; {frames}", []
    yield "screen_text", f"{screen_text}; {frames}", []
    yield "objects", f"{objects}; {frames}", []
    yield "tags", f"{tags}; {frames}", []
    if encoder is not None:
        yield "frame_vectors", f"{encoder}; {frames}", []
    else:
        yield "frame_vectors", f"conse/1 by {embedding}", ["tags"]
    yield "shots", "shots/1", ["tags"]
    if captioner is not None:
        yield "captions", f"{captioner}; {frames}", []
    else:
        yield "captions", "composed/1", ["shots", "tags", "objects", "screen_text"]
