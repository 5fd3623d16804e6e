"""Profiles: one model a role. `embedded` runs on a fresh CPU machine, with weights from package registries only.

`auto` is the best one that this machine can run (`machine.py`). One of your own extends another, in `config.toml`:

    [profiles.mine]
    base = "gpu"
    frames = 64
    roles.answerer = { backend = "openai", base_url = "http://gpu7:8000/v1", model = "Qwen/Qwen3-VL-8B-Instruct" }
    roles.objects = { model = "grounding-dino-tiny" }
    roles.captions = false
    stages = ["speech", "thumbnails", "screen_text"]

`stages` says what a video is read by (`vidscout.graphs.ingest.stages`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from ...tools.errors import UsageError
from ...tools.runtime.backend import ROLES, Backend, backend
from ...tools.weights import catalogue as weights
from ...tools.weights.hub import HUB_ID
from .machine import Decision, Machine, decide, probe

if TYPE_CHECKING:
    from ..settings import ProfileSettings

EVIDENCE_WEIGHT = 4.0
"""For an answerer of half a billion weights: all of 1 to 8 got every tuning question right."""

NEEDED = ("speech", "screen_text", "tags", "objects", "text_embedding", "answerer")
"""The roles that every profile fills; the others are played where a profile names them."""

STAGES = (
    "subtitles", "chapters", "speech", "speakers", "sounds", "thumbnails", "screen_text", "objects", "faces",
    "appearance", "tags", "frame_vectors", "shots", "captions",
)  # fmt: skip
"""By what a video is read where a profile says nothing else."""


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """A role's backend by name, with the arguments its constructor takes."""

    backend: str
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    replicas: int | None = None
    """Copies of it on a cluster (`vidscout serve`): by default one, and on GPUs that it needs one each."""
    most_replicas: int | None = None
    """Copies at most, while calls need more; by default always the same number."""
    gpus: float | None = None
    """Share of a GPU that each copy gets there; by default those that need one share it evenly, where there is one."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Which backend plays each role, and how much of a video the answerer is given."""

    name: str
    title: str
    roles: Mapping[str, RoleChoice]
    token_budget: int
    """Most tokens of evidence in a prompt, text and frames together; what the machine can read before a person gets
    impatient."""
    frames: int
    """How many frames are selected for a question."""
    stages: tuple[str, ...] = STAGES
    """The stages that read a video, one a way of finding something in it."""
    quotes: bool = False
    """Free questions are answered by quoting what was found, because that is right more often than what the answerer
    writes."""
    planner: str = "rules"
    """`model` where the answerer is large enough to plan; see `vidscout.graphs.answer.question.model_plan`."""
    records: Literal["answer", "support"] = "answer"
    """Whether times, counts, orders and options are read off the records, or these are evidence for the answerer."""
    evidence_weight: float = EVIDENCE_WEIGHT
    """How much one unit of option–evidence fit counts against one nat of the answerer's log-probability."""
    memory: int = 0
    """Bytes of RAM below which `auto` does not choose it."""
    gpu_memory: int = 0
    """Bytes of GPU memory below which `auto` does not choose it; 0 where it runs without a GPU."""

    @property
    def from_hub(self) -> bool:
        """Whether any of its weights come from a model hub."""
        return any(weights.from_hub(name) for name in weights_of(self))


EMBEDDED = Profile(
    name="embedded",
    title="CPU only, no model hub: weights that package registries carry",
    roles=MappingProxyType(
        {
            "speech": RoleChoice("faster-whisper"),
            "sounds": RoleChoice("yamnet"),
            "screen_text": RoleChoice("pp-ocr"),
            "tags": RoleChoice("efficientnet-lite0"),
            "objects": RoleChoice("nanodet"),
            "faces": RoleChoice("facemesh"),
            "face_embedding": RoleChoice("faceres"),
            "poses": RoleChoice("movenet"),
            "masks": RoleChoice("selfie"),
            "hands": RoleChoice("mediapipe-hands"),
            "voices": RoleChoice("resemblyzer"),
            "text_embedding": RoleChoice("embeddinggemma"),
            "label_embedding": RoleChoice("minilm"),
            "answerer": RoleChoice("llama.cpp"),
            "judge": RoleChoice("llama.cpp"),
        }
    ),
    token_budget=128,
    frames=8,
    quotes=True,
)

LAPTOP = Profile(
    name="laptop",
    title="CPU or a small GPU, with a model hub",
    roles=MappingProxyType(
        {
            "speech": RoleChoice("faster-whisper", {"model": "whisper-small-ct2"}),
            "sounds": RoleChoice("yamnet"),
            "screen_text": RoleChoice("pp-ocr"),  # EasyOCR takes 12 s for a 720p frame on two CPU cores
            "tags": RoleChoice("efficientnet-lite0"),
            "objects": RoleChoice("rt-detr", {"model": "rt-detr-v2-r18", "device": "auto"}),
            "named_objects": RoleChoice("grounding-dino", {"model": "grounding-dino-tiny", "device": "auto"}),
            "frame_embedding": RoleChoice("siglip2", {"model": "siglip2-base", "device": "auto"}),
            "faces": RoleChoice("facemesh"),
            "face_embedding": RoleChoice("faceres"),
            "poses": RoleChoice("movenet"),
            "masks": RoleChoice("selfie"),
            "voices": RoleChoice("resemblyzer"),
            "text_embedding": RoleChoice("embeddinggemma"),
            "label_embedding": RoleChoice("minilm"),
            "answerer": RoleChoice("transformers", {"model": "smolvlm2-500m-video", "device": "auto", "dtype": "auto"}),
        }
    ),
    # A model of 0.5 B loses the thread in long prompts, and reads its 8,192 tokens slowly on a CPU: eight frames of
    # some 80 tokens and 512 of text leave most of them free.
    token_budget=1152,
    frames=8,
    memory=8_000_000_000,
)

_ON_GPU = {
    "speech": RoleChoice("whisper", {"model": "whisper-large-v3-turbo", "device": "cuda", "dtype": "float16"}),
    "sounds": RoleChoice("yamnet"),
    "screen_text": RoleChoice("pp-ocr-v5", {"device": "cuda"}),  # EasyOCR's weights here read English only
    "tags": RoleChoice("efficientnet-lite0"),
    "objects": RoleChoice("rt-detr", {"model": "rt-detr-v2-r18", "device": "cuda"}),
    "named_objects": RoleChoice("grounding-dino", {"model": "grounding-dino-base", "device": "cuda"}),
    "frame_embedding": RoleChoice("siglip2", {"model": "siglip2-large", "device": "cuda", "dtype": "float16"}),
    "captions": RoleChoice("florence-2", {"model": "florence-2-base", "device": "cuda"}),
    "faces": RoleChoice("facemesh"),
    "face_embedding": RoleChoice("faceres"),
    "poses": RoleChoice("movenet"),
    "masks": RoleChoice("selfie"),
    "voices": RoleChoice("resemblyzer"),
    "text_embedding": RoleChoice("embeddinggemma"),
    "label_embedding": RoleChoice("minilm"),
}

GPU = Profile(
    name="gpu",
    title="one GPU of 24 to 80 GB, with a model hub",
    roles=MappingProxyType(
        {
            **_ON_GPU,
            "answerer": RoleChoice("transformers", {"model": "qwen3-vl-8b", "device": "cuda", "dtype": "bfloat16"}),
        }
    ),
    # Qwen3-VL spends a token on 32×32 pixels, so 238 on a kept frame of 640×360 with its time: 32 frames take 7,600
    # tokens, and what is left is for text and for the best frames at more pixels.
    token_budget=12_000,
    frames=32,
    planner="model",
    # A model of 8 B sees what no record says, and weighs records itself. Its weight is a choice that was not measured:
    # without such a model here, one nat for a record that fits fully is what a second opinion may be worth.
    records="support",
    evidence_weight=1.0,
    gpu_memory=22_000_000_000,
)

SERVED = replace(
    GPU,
    name="served",
    title="a cluster: tools on Ray Serve, the video-LLM behind an OpenAI-compatible server (vLLM)",
    roles=MappingProxyType(
        {
            **_ON_GPU,
            "answerer": RoleChoice(
                "openai", {"base_url": "http://127.0.0.1:8000/v1", "model": "Qwen/Qwen3-VL-8B-Instruct"}
            ),
        }
    ),
    gpu_memory=0,
    stages=tuple(stage for stage in STAGES if stage != "faces"),  # of people who come to a server nobody was asked
)

TWO_ENCODERS = replace(
    GPU,
    name="gpu-two-encoders",
    title="as gpu, with frames found by two encoders whose rankings are fused",
    roles=MappingProxyType(
        {
            **GPU.roles,
            "frame_embedding": RoleChoice(
                "several",
                {
                    "encoders": (
                        {"backend": "siglip2", "model": "siglip2-large", "device": "cuda", "dtype": "float16"},
                        {"backend": "clip", "model": "clip-vit-base", "device": "cuda", "dtype": "float16"},
                    )
                },
            ),
        }
    ),
)

PROFILES = {profile.name: profile for profile in (EMBEDDED, LAPTOP, GPU, TWO_ENCODERS, SERVED)}
BEST_FIRST = (GPU, LAPTOP, EMBEDDED)
"""What `auto` chooses from. `served` is a matter of what runs elsewhere, so nobody is put there unasked."""


def profile(name: str, own: "Mapping[str, ProfileSettings] | None" = None) -> Profile:
    """The profile of that name; `auto` is the best that this machine can run.

    Args:
        name: `auto`, one of `PROFILES`, or one of the user's own.
        own: the user's own, by name; by default those of the settings.

    Raises:
        UsageError: there is none of that name, or it cannot be built; one line.
    """
    if name == "auto":
        return PROFILES[automatic().profile]
    if name in PROFILES and not own:
        return PROFILES[name]
    if own is None:
        from ..settings import load

        own = load().profiles
    return _extended(name, own, ())


def automatic(*, ask_hub: bool | None = None) -> Decision:
    """Which profile `auto` is on this machine, and why; `ask_hub` as in `machine.probe`."""
    return decide(looked_at(BEST_FIRST, ask_hub=ask_hub), BEST_FIRST)


def looked_at(candidates: Sequence[Profile], *, ask_hub: bool | None = None) -> Machine:
    """This machine, as far as it matters to these profiles."""
    here = [candidate.name for candidate in candidates if pulled(candidate)]
    missing = {candidate.name: missing_modules(candidate) for candidate in candidates}
    return probe(here, missing, ask_hub=ask_hub)


def build(chosen: Profile, role: str) -> Backend:
    """The role's backend, constructed but not yet set up.

    Raises:
        UsageError: the profile has nobody for the role, or its backend has no such option.
    """
    if role not in chosen.roles:
        raise UsageError(f"profile {chosen.name} fills no role {role!r}; it fills {', '.join(chosen.roles)}")
    return _made(chosen.roles[role], role, chosen.name)


def weights_of(chosen: Profile) -> list[str]:
    """What `vidscout models pull` fetches for a profile: catalogue entries, and hub models as `owner/name@revision`."""
    names: list[str] = []
    for role, choice in chosen.roles.items():
        names += weights_for(role, choice)
    return list(dict.fromkeys(names))


def weights_for(role: str, choice: RoleChoice) -> list[str]:
    """The weights of one role's backend; none where it runs elsewhere, or from a folder of the user's."""
    kind = backend(role, choice.backend)
    if several := choice.options.get("encoders"):
        return [name for one in several for name in weights_for(*_encoder(one, role))]
    default = getattr(kind, "default", None)
    if not kind.weights and default is None:
        return []
    model, revision = choice.options.get("model"), choice.options.get("revision")
    if model is None and kind.weights:
        return list(kind.weights)
    name = str(model or default)
    if name in weights.entries():
        return [name]
    if Path(name).exists() or not HUB_ID.fullmatch(name):
        return []
    return [f"{name}@{revision}" if revision else weights.of_hub(name).name]


def _encoder(options: Mapping[str, Any], role: str) -> tuple[str, RoleChoice]:
    """One of several encoders, as a role and who plays it."""
    own = {name: value for name, value in options.items() if name not in ("role", "backend")}
    return str(options.get("role", role)), RoleChoice(str(options.get("backend", "siglip2")), own)


def further_weights_of(chosen: Profile) -> list[str]:
    """What a profile's backends use where it is here, and do without where it is not."""
    return [entry for role, choice in chosen.roles.items() for entry in backend(role, choice.backend).further]


def pulled(chosen: Profile) -> bool:
    """Whether all of a profile's weights are here."""
    return all(weights.present(name) for name in weights_of(chosen))


def missing_modules(chosen: Profile) -> list[str]:
    """The modules that a profile's backends need and that are not installed."""
    kinds = (backend(role, choice.backend) for role, choice in chosen.roles.items())
    return list(dict.fromkeys(module for kind in kinds for module in kind.missing()))


def _extended(name: str, own: "Mapping[str, ProfileSettings]", above: tuple[str, ...]) -> Profile:
    for taken in own:
        if taken in {*PROFILES, "auto"}:
            raise UsageError(
                f"profiles.{taken}: the name is taken; choose another, and extend it with base = {taken!r}"
            )
    if name in PROFILES:
        return PROFILES[name]
    if name not in own:
        raise UsageError(f"no profile {name!r}; there are auto, {', '.join([*PROFILES, *own])}")
    if name in above:
        raise UsageError(f"profiles.{name} extends itself: {' → '.join([*above, name])}")
    asked = own[name]
    base = _extended(asked.base, own, (*above, name))
    roles = dict(base.roles)
    for role, choice in asked.roles.items():
        if role not in ROLES:
            raise UsageError(f"profiles.{name}: no role {role!r}; there are {', '.join(ROLES)}")
        if choice is False:
            if role in NEEDED:
                raise UsageError(f"profiles.{name}: somebody must play {role!r}; name another backend for it")
            roles.pop(role, None)
        else:
            roles[role] = _chosen(choice, roles.get(role), f"profiles.{name}.roles.{role}")
            _made(roles[role], role, name)
    changed = {"token_budget": asked.token_budget, "frames": asked.frames, "planner": asked.planner}
    changed |= {"records": asked.records, "evidence_weight": asked.evidence_weight}
    changed["quotes"] = False if asked.records == "support" else None
    changed["stages"] = _stages(asked.stages, f"profiles.{name}")
    return replace(
        base,
        name=name,
        title=asked.title or f"{base.name}, with {', '.join(asked.roles) or 'nothing'} changed",
        roles=MappingProxyType(roles),
        **{field: value for field, value in changed.items() if value is not None},
    )


def _stages(asked: Sequence[str] | None, where: str) -> tuple[str, ...] | None:
    """The stages that a profile names, if it names any."""
    if asked is None:
        return None
    from ...graphs.ingest.stages import checked

    try:
        return checked(asked)
    except UsageError as error:
        raise UsageError(f"{where}.stages: {error}") from None


def _chosen(asked: str | Mapping[str, Any], before: RoleChoice | None, where: str) -> RoleChoice:
    """A backend by name alone, or a table of it and its options, which come on top of the same backend's before."""
    if isinstance(asked, str):
        return RoleChoice(asked)
    options = dict(asked)
    name = options.pop("backend", before.backend if before else None)
    if name is None:
        raise UsageError(f'{where}: name a backend, as in {{ backend = "…" }}')
    placing = {key: options.pop(key) for key in ("replicas", "most_replicas", "gpus") if key in options}
    kept = dict(before.options) if before and before.backend == name else {}
    return RoleChoice(str(name), MappingProxyType({**kept, **options}), **placing)


def _made(choice: RoleChoice, role: str, profile_name: str) -> Backend:
    """The backend constructed, which loads nothing, so that an option it does not take is found at once."""
    kind = backend(role, choice.backend)
    try:
        return kind(**choice.options)
    except TypeError as error:
        why = str(error).partition(") ")[2] or str(error)
        raise UsageError(f"profile {profile_name}: {role} backend {choice.backend!r} {why}") from None
