"""Keys and logins of a server: from a file or the environment, where no list of processes shows them."""

import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from ...tools.errors import UsageError
from .doors import Login

SHOWN = "vidscout: whoever lists this machine's processes sees what follows {option}: use {instead} instead"


def keys_of(
    context: typer.Context, given: Sequence[str] | None, file: Path | None, settings: Sequence[str]
) -> tuple[str, ...]:
    """The API keys that are to be sent: by option, file or environment, or else by the settings.

    Raises:
        UsageError: the file cannot be read, or holds none; a key is empty.
    """
    if any(not key.strip() for key in given or ()):
        raise UsageError("an API key is empty")
    if given:
        _warn(context, "key", "--key", "--key-file or VIDSCOUT_API_KEY")
    named = [*(given or ()), *(_lines(file) if file is not None else ())]
    return tuple(named or settings)


def logins_of(context: typer.Context, given: str | None, file: Path | None) -> list[Login]:
    """Who may use the page: by option, file or environment.

    Raises:
        UsageError: the file cannot be read or holds none, or one is not `user:password`.
    """
    told = [*([given] if given else ()), *(_lines(file) if file is not None else ())]
    logins = [Login.parsed(text) for text in told]
    if given:
        _warn(context, "auth", "--auth", "--auth-file or VIDSCOUT_WEB_AUTH")
    return logins


def _lines(file: Path) -> list[str]:
    """What a file holds, one a line; empty lines and those that begin with `#` do not count."""
    try:
        content = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UsageError(f"{file} cannot be read ({reason})") from None
    found = [line.strip() for line in content.splitlines()]
    found = [line for line in found if line and not line.startswith("#")]
    if not found:
        raise UsageError(f"{file} is empty: write one a line")
    return found


def _warn(context: typer.Context, name: str, option: str, instead: str) -> None:
    source = context.get_parameter_source(name)
    if source is not None and source.name == "COMMANDLINE":
        print(SHOWN.format(option=option, instead=instead), file=sys.stderr)
