"""How well detection separates what can be had without a video model, and one command for sets that the user has.

    python -m vidscout.bench.measure.answering.forensics surrogate --real FOLDER
    python -m vidscout.bench.measure.answering.forensics set genvideo FOLDER

The surrogate benchmark is no benchmark on generator output: its positives are procedural scenes, smoothed, interpolated
and upsampled clips, and moving photos. AUCs are by clip, cross-validated over sources, so that no recording is on both
sides; intervals are from drawing sources anew.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from ....agent.generated.detect import examined, frame_encoder, measured_clip, video_files
from ....agent.scout import VideoScout
from ....tools.errors import UsageError
from ....tools.forensics.calibration.fitting import Clip, auc, auc_interval, completed, fit
from ....tools.forensics.calibration.ranges import Conditions, unusual_for_real
from ...data import alterations
from ...data.fetched import PHOTOS, fetch

REAL = ("bikes", "carphone", "man", "woman")
"""Recordings by cameras among the clips that packages carry; more come by `--real`."""
SECONDS = 4.0
QUALITIES = (24, 31, 38)
"""Constant rate factors at which a recording is encoded again."""

app = typer.Typer(help="Measure generated-video detection.", no_args_is_help=True, add_completion=False)


def surrogate_files(real: Sequence[Path], folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Writes each clip and yields it with its source and its class; `real` is the negatives' class."""
    for path in real:
        frames, rate = alterations.read(path, SECONDS)
        for name, pictures in (
            ("real", frames),
            ("smoothed", alterations.smoothed_over_time(frames, 0.7)),
            ("interpolated", alterations.interpolated(frames, 1.0)),
            ("upsampled", alterations.upsampled(frames, 1.0)),
        ):
            yield alterations.write(folder / f"{path.stem}-{name}.mp4", pictures, rate, 20), path.stem, name
        for quality in QUALITIES:
            again = alterations.write(folder / f"{path.stem}-{quality}.mp4", frames, rate, quality)
            yield again, path.stem, f"encoded at {quality}"
    for name, scene in alterations.SCENES.items():
        for seed in range(2):
            pictures = scene(seed, int(SECONDS * 25), 360)
            yield alterations.write(folder / f"{name}-{seed}.mp4", pictures, 25, 20), f"{name}-{seed}", "synthetic"
    for seed, name in enumerate(PHOTOS):
        from PIL import Image

        photo = np.asarray(Image.open(fetch(name)).convert("RGB"))
        pictures = alterations.photo_moves(photo, int(SECONDS * 25), seed)
        yield alterations.write(folder / f"{name}.mp4", pictures, 25, 20), name, "moving photo"


def scored(clips: Sequence[tuple[Clip, str]], conditions: Conditions) -> dict[str, Any]:
    """AUC of each class against the real clips: by real videos only, the clip's source held out, and by fusion."""
    real = [clip for clip, kind in clips if kind == "real"]
    recordings = [clip for clip, kind in clips if kind == "real" or kind.startswith("encoded")]
    without = {
        name: fit([one for one in recordings if one.source != name], conditions)
        for name in {*(clip.source for clip in real), ""}
    }
    found: dict[str, Any] = {}
    for kind in sorted({kind for _, kind in clips if kind != "real" and not kind.startswith("encoded")}):
        against = [replace(clip, generated=True) for clip, of in clips if of == kind]
        scores, labels, sources = [], [], []
        for clip in [*real, *against]:
            calibration = without.get(clip.source, without[""])
            distances = [calibration.distances(w) for w in completed(clip, calibration).windows]
            scores.append(float(np.nanmedian([unusual_for_real(one) for one in distances])))
            labels.append(clip.generated)
            sources.append(clip.source)
        values, truth, names = np.array(scores), np.array(labels), np.array(sources)
        fused = fit([*real, *against], conditions).report
        found[kind] = {
            "clips": len(against),
            "auc_real_only": round(auc(values[truth], values[~truth]), 3),
            "interval": [round(v, 3) for v in auc_interval(values, truth, names)],
            "auc_fusion": round(fused["auc"], 3),
            "fusion_interval": [round(v, 3) for v in fused["auc_interval"]],
            "chosen": fused["chosen"],
        }
    return found


def encoded_again(clips: Sequence[tuple[Clip, str]], files: dict[str, Path], conditions: Conditions) -> dict[str, Any]:
    """The label of each recording at each quality, by a calibration of the other recordings, without an encoder."""
    recordings = [replace(c, features=[]) for c, kind in clips if kind == "real" or kind.startswith("encoded")]
    labels: dict[str, Any] = {}
    for source in sorted({clip.source for clip in recordings}):
        others = fit([one for one in recordings if one.source != source], replace(conditions, encoder=""))
        labels[source] = {
            kind: examined(files[clip.name], others).label.value
            for clip, kind in clips
            if clip.source == source and (kind == "real" or kind.startswith("encoded"))
        }
    return labels


@app.command()
def surrogate(
    real: Annotated[Path | None, typer.Option(help="Folder with more real recordings.", show_default=False)] = None,
    encoder: Annotated[bool, typer.Option(help="Use the profile's frame encoder too.")] = True,
) -> None:
    """AUC a class on clips that no video model made, and labels of recordings that are encoded again."""
    recordings = [fetch(name) for name in REAL]
    recordings += [path for path in (video_files(real) if real else []) if path.stem not in REAL]
    if len(recordings) < 4:
        raise UsageError("the surrogate benchmark needs at least four real recordings: name a folder with --real")
    with VideoScout() as scout, tempfile.TemporaryDirectory() as folder:
        features = frame_encoder(scout)[0] if encoder else None
        clips, files = [], {}
        for path, source, kind in surrogate_files(recordings, Path(folder)):
            print(f"· {path.name}", file=sys.stderr, flush=True)
            clip = measured_clip(path, features, source, False)
            files[path.name] = path
            if clip.windows:
                clips.append((clip, kind))
        conditions = Conditions(encoder=features.source if features else "")
        found = {
            "real_sources": len(recordings),
            "classes": scored(clips, conditions),
            "labels": encoded_again(clips, files, conditions),
        }
        print(json.dumps(found, indent=1))


# Sets that the user has

Layout = Callable[[Path], Iterator[tuple[Path, bool, str]]]
"""From a set's folder to its videos, whether each is generated, and its source."""

REAL_NAMES = frozenset(
    {"real", "0_real", "kinetics", "youku", "msr-vtt", "vript", "hd-vg-130m", "real_videos", "nature"}
)
"""Folder names that mean real videos in the sets' published layouts."""


def genvideo(root: Path) -> Iterator[tuple[Path, bool, str]]:
    """GenVideo (Chen et al., 2024): a folder a generator; `real` or the name of a real set beside them."""
    yield from _by_folder(root)


def genvidbench(root: Path) -> Iterator[tuple[Path, bool, str]]:
    """GenVidBench (Ni et al., 2025): `Pair1`, `Pair2`, below them a folder a generator or real set."""
    yield from _by_folder(root)


def vidforensic(root: Path) -> Iterator[tuple[Path, bool, str]]:
    """VidForensic: `real` and `fake` (or `generated`), below them a folder a generator."""
    yield from _by_folder(root)


def _by_folder(root: Path) -> Iterator[tuple[Path, bool, str]]:
    for path in video_files(root):
        folders = [part.lower() for part in path.relative_to(root).parts[:-1]]
        generated = REAL_NAMES.isdisjoint(folders)
        yield path, generated, f"{folders[-1] if folders else ''}/{path.stem}"


LAYOUTS: dict[str, Layout] = {"genvideo": genvideo, "genvidbench": genvidbench, "vidforensic": vidforensic}


@app.command("set")
def public_set(
    name: Annotated[str, typer.Argument(help="genvideo, genvidbench or vidforensic.")],
    folder: Annotated[Path, typer.Argument(help="Your copy of the set.")],
    limit: Annotated[int, typer.Option(help="Videos of each class at most.")] = 200,
) -> None:
    """Cross-validated AUC, F1 and each signal's separation on a set that you have."""
    if name not in LAYOUTS:
        raise UsageError(f"no set {name!r}; there are {', '.join(LAYOUTS)}")
    counts = {False: 0, True: 0}
    with VideoScout() as scout:
        features = frame_encoder(scout)[0]
        clips = []
        for path, generated, source in LAYOUTS[name](folder):
            if counts[generated] >= limit:
                continue
            counts[generated] += 1
            print(f"· {path}", file=sys.stderr, flush=True)
            clips.append(measured_clip(path, features, source, generated))
        made = fit(clips, Conditions(encoder=features.source if features else ""))
    print(json.dumps({"set": name, "real": counts[False], "generated": counts[True], **made.report}, indent=1))


if __name__ == "__main__":
    app()
