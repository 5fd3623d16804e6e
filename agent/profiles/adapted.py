"""A profile as settings change it: what is spoken, whether faces are told apart, which scripts are read."""

from dataclasses import replace
from types import MappingProxyType

from ...tools.errors import UsageError
from .profile import Profile


def heard_in(profile: Profile, language: str | None, vocabulary: str | None = None, translate: bool = False) -> Profile:
    """The profile whose speech recognition expects languages and words, as `WhisperOnVoice` takes them; the profile
    itself where nothing is expected."""
    expected = {"language": language, "vocabulary": vocabulary, "translate": translate or None}
    told = {name: value for name, value in expected.items() if value is not None}
    if not told:
        return profile
    speech = profile.roles["speech"]
    hearing = replace(speech, options=MappingProxyType({**told, **speech.options}))
    return replace(profile, roles=MappingProxyType({**profile.roles, "speech": hearing}))


def with_faces(profile: Profile, wanted: bool | None) -> Profile:
    """The profile with the stage `faces`, or without it; as it is where nobody says."""
    if wanted is None or wanted == ("faces" in profile.stages):
        return profile
    kept = tuple(stage for stage in profile.stages if stage != "faces")
    return replace(profile, stages=(*kept, "faces") if wanted else kept)


def written_in(profile: Profile, scripts: str | None) -> Profile:
    """The profile whose reader of screen text expects certain scripts, as `PPOCRReader` takes them; the profile itself
    where none are named.

    Raises:
        UsageError: its reader of screen text cannot be told.
    """
    if scripts is None:
        return profile
    reader = profile.roles.get("screen_text")
    if reader is None or reader.backend != "pp-ocr":
        raise UsageError(f"profile {profile.name}: scripts are chosen for the screen text reader pp-ocr only")
    reading = replace(reader, options=MappingProxyType({"scripts": scripts, **reader.options}))
    return replace(profile, roles=MappingProxyType({**profile.roles, "screen_text": reading}))
