"""What can be configured: by argument, by `VIDSCOUT_*` environment variables, or in `config.toml`, in that order."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_config_path, user_data_path
from pydantic import (
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from ..tools.errors import UsageError
from ..tools.languages import language_code

CONFIG_FILE = user_config_path("vidscout") / "config.toml"


class ProfileSettings(BaseModel):
    """A profile of the user's own, as a change to another; see `profiles/profile.py` for how one is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: str = "embedded"
    title: str = ""
    roles: Mapping[str, Literal[False] | str | Mapping[str, Any]] = Field(default_factory=dict)
    """By role: a backend's name, a table of its options with `backend` among them, or false for nobody."""
    stages: tuple[str, ...] | None = None
    """What a video is read by; by default what the other profile reads it by."""
    token_budget: int | None = Field(None, ge=32)
    frames: int | None = Field(None, ge=1, le=512)
    planner: Literal["rules", "model"] | None = None
    records: Literal["answer", "support"] | None = None
    evidence_weight: float | None = Field(None, ge=0, le=100)


def track_setting(wanted: object) -> str:
    """Which audio track somebody wants, in the one form that is compared and written down.

    Raises:
        UsageError: it can be none.
    """
    track = str(wanted).strip().casefold()
    if track in {"auto", "all", "channels"} or (track.isdecimal() and len(track) < 4):
        return track
    if code := language_code(track):
        return code
    raise UsageError(f"an audio track is auto, all, channels, a number from 0, or a language, not {str(wanted)[:40]!r}")


def _track(wanted: object) -> str:
    try:
        return track_setting(wanted)
    except UsageError as error:
        raise ValueError(str(error)) from None


class Settings(BaseSettings):
    """Every field can be set as `VIDSCOUT_<FIELD>`, as in `VIDSCOUT_HOME=/data/vidscout`."""

    model_config = SettingsConfigDict(env_prefix="VIDSCOUT_", toml_file=CONFIG_FILE, extra="ignore", frozen=True)

    profile: str = "auto"
    """Which models play the roles; `vidscout doctor` says which one `auto` chose and why."""
    profiles: Mapping[str, ProfileSettings] = Field(default_factory=dict)
    """Profiles of your own, by name."""
    memory_limit: ByteSize | None = Field(None, ge=1)
    """Bytes that loaded models may hold together, as in `20GB`: on the GPU where there is one, else in RAM. By default
    most of what is free on the GPU, and no limit in RAM."""
    home: Path = user_data_path("vidscout")
    """Where the index, the thumbnails and the list of videos are kept."""
    chroma_server: str | None = None
    """`http://host:port` of a Chroma server; by default Chroma runs in process on `home`."""
    checkpoints: str | None = None
    """Where the states of conversations are kept: a SQLite file, or `postgresql://…`; by default a file in `home`."""
    serving: str | None = None
    """Address of the Ray cluster on which `vidscout serve` runs the tools; by default they run in this process."""

    sample_rate: float = Field(1.0, gt=0, le=30)
    """Frames looked at per second of video."""
    longest_side: int = Field(1280, ge=64, le=4096)
    """Pixels to which a larger frame is scaled before anything looks at it."""
    skip_bad: bool = False
    """Whether frames that are too blurred, noisy, dark or blocky to tell anything from are left out of a reading."""
    decoder: Literal["auto", "cpu", "nvdec"] = "auto"
    """Where pictures are decoded while a video is read: by an NVIDIA GPU (NVDEC) where there is one, or on the CPU.
    They are the same; a note says where a GPU's decoder was not used."""
    language: str | None = None
    """What is spoken, as a code or a name, or several of which each sentence is in one, as in `en,de` or `German`; by
    default anything, found out for each stretch of speech."""
    vocabulary: str | None = Field(None, max_length=1000)
    """Names and rare words that are said, as in `Petrov, Golden Gate`: the recogniser then spells them so."""
    translate: bool = False
    """Whether what is not said in English is given a translation into English beside it."""
    faces: bool | None = None
    """Whether faces are told apart in what is read: biometric data. By default the profile says; `served` does not."""
    speakers: int | None = Field(None, ge=1, le=64)
    """How many people speak in what is read next; by default found out."""
    scripts: str | None = None
    """What is written on the picture, as in `latin,cyrillic`; by default any script, found out for each line."""
    audio_track: Annotated[str, BeforeValidator(_track)] = "auto"
    """Which audio track to listen to: `auto` takes the one in which somebody speaks, a number counts from 0, a language
    is named as `de`, `deu` or `German`, `all` listens to every track apart, as in a meeting with a track a person,
    and `channels` to every channel, as in a call with a channel a person."""

    scales: tuple[Annotated[int, Field(ge=1, le=64)], ...] = Field((1,), min_length=1, max_length=8)
    """By which windows frames are searched, in seconds around each: `[1, 4, 16]` fuses three rankings, of the frames
    themselves and of what surrounds them."""
    selector: str = "topk"
    packer: str = "interleaved"
    route: str = "rag"
    """How a question is answered: `rag`, `llovi` (captions only), `direct` (frames only), `cot`."""
    fast: bool = False
    """Answer without the judge, sooner: how well a record fits then decides alone, so that nearly every question
    gets an answer."""
    answer_from: float | None = Field(None, ge=0, le=1)
    """Confidence from which a quoted answer is given rather than withheld; by default the one that was fitted. 0
    withholds nothing that was found, 0.8 tells only what is rather sure."""
    best_of: int = Field(1, ge=1, le=16)
    """How many answers are written to a question, of which the one that records and frames support best is given. Above
    1 the answerer writes also where the profile quotes."""
    verify: Literal["note", "correct"] = "note"
    """What becomes of a sentence that nothing supports beside others that something does: a `note` says so, or it is
    `correct`ed: written anew from the evidence, or left out."""
    compress: str | None = None
    """Fewer visual tokens in a prompt, as in `evs:0.25` (see docs/efficiency.md); only where the answerer is a
    `transformers` one, which keeps all of them by default."""
    planner: Literal["rules", "model"] | None = None
    """Who plans what to look for; by default the profile says."""
    frames: int | None = Field(None, ge=1, le=512)
    """Frames selected for a question; by default the profile's."""
    token_budget: int | None = Field(None, ge=32)
    """Most tokens of evidence in a prompt, text and frames together; by default the profile's."""
    tool_share: float = Field(1.0, gt=0, le=1)
    """Share of the token budget that the findings of one tool may take, so that what is said leaves room for what is
    seen; by default all of it."""
    max_rounds: int = Field(2, ge=1, le=10)
    """How often a question may look again when the first answer is not supported."""
    observations: int = Field(2, ge=0, le=3)
    """How often a question may look closer at one part of a video, decoded anew at another rate and size, where the
    answerer sees frames and they did not settle it."""
    max_new_tokens: int = Field(96, ge=1)
    tool_timeout: float = Field(30.0, gt=0)
    """Seconds after which a tool's branch is given up, with a note."""
    answer_timeout: float = Field(120.0, gt=0)
    """Seconds after which an answerer that writes or chooses is given up, so that the records answer alone."""

    libraries: Literal["shared", "per-key"] = "shared"
    """Who sees which videos on a server: `shared` shows all of them to every key and login; with `per-key` each has a
    library of its own."""
    gate: Literal["off", "rules", "model"] = "off"
    """Whether questions and answers that would do harm are held back: by rules, or by rules and a model. Off for
    whoever examines evidence."""
    api_keys: tuple[SecretStr, ...] = ()
    """Keys of which programs must send one to `vidscout api` and `vidscout mcp --http`."""
    allowed_hosts: tuple[str, ...] = ()
    """Names under which page, API and MCP answer besides `localhost` and the address that they listen on, as a proxy or
    a name server gives them: `video.example.org`, `*.example.org`."""
    allowed_origins: tuple[str, ...] = ()
    """Other sites, as `https://app.example.org`, whose pages may ask the API from a browser; they must send a key where
    keys are set."""
    fetch: bool = False
    """Whether `ingest` and `ask` may fetch a video that is named by an address on the web."""
    fetch_hosts: tuple[str, ...] = ()
    """Hosts, or `host:port`, that videos may be fetched from although their addresses are not public."""

    @field_validator("language")
    @classmethod
    def _known_languages(cls, given: str | None) -> str | None:
        from ..tools.perception.speech.languages import expected

        try:
            return ",".join(expected(given or "")) or None
        except UsageError as error:
            raise ValueError(str(error)) from None

    @field_validator("scripts")
    @classmethod
    def _known_scripts(cls, given: str | None) -> str | None:
        from ..tools.perception.screen_text.scripts import expected_scripts

        try:
            return ",".join(sorted(script.name.lower() for script in expected_scripts(given or ""))) or None
        except UsageError as error:
            raise ValueError(str(error)) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load(**given: Any) -> Settings:
    """Settings from the given values, the environment and the configuration file; `None` means not given.

    Raises:
        UsageError: a value does not fit; the message names the setting and what it got.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problem = error.errors()[0]
        setting = ".".join(str(part) for part in problem["loc"])
        why = problem["msg"].removeprefix("Value error, ")
        raise UsageError(f"setting {setting}: {why}, got {problem['input']!r}") from None
