"""How a video is examined. Read this file beside the picture:

    START ─► probe ─┬─► measure (a branch a stretch) ─┐
                    ├─► file (metadata, C2PA, sound) ─┤
                    ├─► writing (read again) ─────────┼─► choose ─► judge ─► check ─► verdict ─► END
                    ├─► faces (followed) ─────────────┤               ▲        │
                    └─► hands (followed) ─────────────┘               └─ again ┘  (video-LLM only, 3 rounds)

`choose` picks the signals that count, `judge` lets the calibrated signals decide and asks the video-LLM where there is
one, `check` holds the model's verdict against the evidence it cites and rewrites the prompt where they disagree.
"""

from pathlib import Path

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from ...tools.errors import VidscoutError
from ...tools.forensics.windows import LARGEST
from ...tools.media.video import probe
from ...tools.records import clock
from ..events import timed
from . import judging, model
from .measure import look_at_the_file, measure
from .people import follow_faces, follow_hands, read_again
from .state import Examination, File, ForensicState, Label, Opinion, People, Stretch, Update, Writing

MAX_ROUNDS = 3
STRETCH = (10.0, 120.0)
"""Seconds of one branch, at least and at most."""


@timed("probe")
def look(state: ForensicState, runtime: Runtime[Examination]) -> Update:
    """Probe the file, and say what cannot be measured in it."""
    info = probe(Path(state.path))
    notes = []
    if max(info.width, info.height) > LARGEST:
        notes.append(f"the picture is larger than {LARGEST} pixels: noise, spectrum and blocks were not measured")
    if runtime.context.encoder is None:
        notes.append("no frame encoder: signals that need one were left out")
    return {"info": info, "notes": notes}


def one_branch_a_stretch(state: ForensicState, runtime: Runtime[Examination]) -> list[Send]:
    """A branch for each stretch of frames, and those for the file, faces, hands and writing."""
    info, context = state.info, runtime.context
    assert info is not None
    branches = [Send("file", File(state.path, info))]
    if info.has_video:
        length = min(max(info.duration / context.workers, STRETCH[0]), STRETCH[1])
        count = max(int(info.duration // length), 1)
        bounds = [n * length for n in range(count)]
        for start, end in zip(bounds, [*bounds[1:], None], strict=True):
            branches.append(Send("measure", Stretch(state.path, info, start, end, 0 if count == 1 else 1)))
        if context.screen_text is not None:
            branches.append(Send("writing", Writing(state.path, info, state.writing)))
        if context.faces is not None:
            branches.append(Send("faces", People(state.path, info)))
        if context.hands is not None:
            branches.append(Send("hands", People(state.path, info)))
    return branches


@timed("choose")
def choose(state: ForensicState, runtime: Runtime[Examination]) -> Update:
    """The signals that count: those the fusion chose, or all; for a video-LLM, best first by LAVID's score."""
    calibration = runtime.context.calibration
    measured = sorted(state.measured, key=lambda m: m.span)
    known = [name for name in calibration.ranges if any(name in m.values for m in measured)]
    chosen = [name for name in known if calibration.fusion is None or name in calibration.fusion.signals] or known
    found = judging.scored_windows(measured, calibration, chosen)
    notes = []
    if runtime.context.judge is not None and chosen:
        try:
            ratings = model.rated(runtime.context.judge, chosen)
        except VidscoutError as error:
            ratings = {}
            notes.append(f"the video-LLM rated no tools: {error}")
        separation = calibration.report.get("separation", {})
        chosen = sorted(chosen, key=lambda name: -(separation.get(name, 0.5) + ratings.get(name, 0.5)))
    assert state.info is not None
    return {
        "chosen": chosen,
        "scored": found,
        "uncovered": judging.not_covered(state.info, measured, found, calibration),
        "spans": judging.standing_out(measured, calibration),
        "shots": judging.shot_by_shot(found, state.cuts, state.info.duration, calibration),
        "notes": notes,
    }


@timed("judge")
def judge(state: ForensicState, runtime: Runtime[Examination]) -> Update:
    """What the calibrated signals say, and the video-LLM where the profile has one that reads frames."""
    context = runtime.context
    said = state.signals_say or judging.by_signals(state.scored, context.calibration, state.uncovered)
    update: Update = {"signals_say": said, "round": state.round + 1}
    if context.judge is None or not state.scored:
        return update
    try:
        prompt, opinion = model.judged(state, context)
    except VidscoutError as error:
        return {**update, "notes": [f"the video-LLM gave no opinion: {error}"]}
    if opinion is None:
        update["notes"] = ["the video-LLM's answer was not the JSON it was asked for"]
    return {**update, "prompts": [prompt], "model_says": opinion}


@timed("check")
def check(state: ForensicState, runtime: Runtime[Examination]) -> Update:
    """Hold the model's verdict against the evidence that it cites; rewrite the prompt where it contradicts it."""
    if state.model_says is None:
        return {"contradictions": []}
    wrong = model.contradictions(state.model_says, state.scored)
    if not wrong or state.round >= MAX_ROUNDS:
        return {"contradictions": wrong}
    assert runtime.context.judge is not None
    instructions = model.rewritten(runtime.context.judge, state.instructions or model.text("judge"), wrong)
    return {"contradictions": wrong, "instructions": instructions}


def settled_or_again(state: ForensicState) -> str:
    """Another opinion where the evidence contradicts the last one and rounds are left; otherwise the verdict."""
    return "judge" if state.contradictions and state.round < MAX_ROUNDS else "verdict"


@timed("verdict")
def verdict(state: ForensicState, runtime: Runtime[Examination]) -> Update:
    """What is said in the end. Whatever disagrees is left open."""
    said = state.signals_say
    assert said is not None
    calibration = runtime.context.calibration
    label, by, notes = said.label, said.by, list(state.uncovered)
    if said.label is Label.UNCERTAIN and not state.uncovered:
        notes.append(said.reason)
    if state.model_says is not None:
        label, by, note = _together(said, state.model_says, state.contradictions)
        notes += [note] if note else []
    if state.spans:
        shown = ", ".join(f"{clock(span.start)}–{clock(span.end)}" for span in state.spans)
        notes.append(f"these stretches differ from the rest of the video: {shown}")
        if label is Label.REAL:
            label = Label.UNCERTAIN
    inserted = [shot for shot in state.shots if shot.label is Label.GENERATED]
    if inserted and label is not Label.GENERATED:
        shown = ", ".join(f"{clock(shot.span.start)}–{clock(shot.span.end)}" for shot in inserted)
        notes.append(f"by itself, a shot would be called generated: {shown}")
        label = Label.UNCERTAIN
    if label is Label.REAL and runtime.context.calibration.fusion is None:
        notes.append(
            "`real` means that nothing lies outside what the calibration's real videos show;"
            " a generated video may pass too"
        )
    if calibration.limits:
        notes.append(f"about the calibration: {calibration.limits}")
    told = state.provenance
    score, interval = said.score, said.interval
    if told is not None and told.declares_generated:
        label, by = Label.GENERATED, "C2PA manifest"
        score, interval = 1.0, (1.0, 1.0)
        notes.append("the file's C2PA manifest, whose signature holds, declares that a model made the picture")
    return {"label": label, "score": score, "interval": interval, "decided_by": by, "notes": notes}


def _together(signals: Opinion, seen: Opinion, wrong: list[str]) -> tuple[Label, str, str]:
    """One label out of two opinions, who decided, and a note."""
    both = f"signals and {seen.by}"
    if wrong:
        return Label.UNCERTAIN, both, f"the video-LLM's verdict contradicts its own evidence: {wrong[0]}"
    if signals.label is seen.label:
        return seen.label, both, ""
    return Label.UNCERTAIN, both, f"the video-LLM says {seen.label}, the calibrated signals say {signals.label}"


def build() -> "StateGraph[ForensicState, Examination, ForensicState, ForensicState]":
    """The graph, not yet compiled: a file in, an opinion with its evidence out."""
    graph = StateGraph(ForensicState, context_schema=Examination)
    graph.add_node("probe", look)
    graph.add_node("measure", measure, input_schema=Stretch)
    graph.add_node("file", look_at_the_file, input_schema=File)
    graph.add_node("writing", read_again, input_schema=Writing)
    graph.add_node("faces", follow_faces, input_schema=People)
    graph.add_node("hands", follow_hands, input_schema=People)
    graph.add_node("choose", choose, defer=True)  # waits for every branch
    graph.add_node("judge", judge)
    graph.add_node("check", check)
    graph.add_node("verdict", verdict)

    graph.add_edge(START, "probe")
    graph.add_conditional_edges("probe", one_branch_a_stretch, ["measure", "file", "writing", "faces", "hands"])
    graph.add_edge("measure", "choose")
    graph.add_edge("file", "choose")
    graph.add_edge("writing", "choose")
    graph.add_edge("faces", "choose")
    graph.add_edge("hands", "choose")
    graph.add_edge("choose", "judge")
    graph.add_edge("judge", "check")
    graph.add_conditional_edges("check", settled_or_again, ["judge", "verdict"])
    graph.add_edge("verdict", END)
    return graph
