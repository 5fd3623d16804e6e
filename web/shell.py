"""The page's own document and files: one HTML shell for every view, with its strings, and what lies in `static/`."""

import json
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from .. import __version__
from .site import Site

STATIC = Path(__file__).parent / "static"
LANGUAGES = {"en": "English", "de": "Deutsch", "ar": "العربية"}
"""Those that the page has its strings in, one file each."""
RIGHT_TO_LEFT = {"ar"}
COOKIE, THEME = "vidscout_language", "vidscout_theme"
READS = ["GET", "HEAD"]
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}
VIEWS = ("/", "/v/{videos}", "/search", "/settings")
"""Addresses at which the shell answers; its router shows what belongs there."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " media-src 'self' blob:; connect-src 'self'; font-src 'self'; frame-src 'self'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'self'"
)
"""The page asks nobody else for anything, and runs no script but its own files."""
DARK = {"auto": "(prefers-color-scheme: dark)", "dark": "all", "light": "not all"}
"""Under which media each theme is dark."""
NEEDED = {
    "library": ("dom.js", "store.js", "uploads.js", "library.js"),
    "video": (
        "dom.js", "store.js", "uploads.js", "view.js", "library.js", "player/player.js", "player/controls.js",
        "player/region.js", "player/preview.js", "timeline/timeline.js", "timeline/paint.js", "timeline/lanes.js",
        "timeline/hands.js",
    ),
}  # fmt: skip
"""What a view's script is made of, which the browser fetches at once and not one after another."""
FRESH = {"Cache-Control": "no-cache"}
"""Browsers ask whether a file has changed, and mostly it has not."""


def add_shell(app: FastAPI, site: Site) -> None:
    """Add the page's addresses to an application."""

    def shell(request: Request) -> HTMLResponse:
        language = language_of(request)
        theme = request.cookies.get(THEME, "")
        needs = NEEDED["video" if request.url.path.startswith("/v/") else "library"]
        made = document(language, about(site, language), theme if theme in DARK else "auto", needs)
        return HTMLResponse(made, headers={**FRESH, "content-security-policy": POLICY})

    for address in VIEWS:
        app.api_route(address, methods=READS, include_in_schema=False)(shell)

    @app.api_route("/app/{path:path}", methods=READS, include_in_schema=False)
    def static(path: str) -> Response:
        file = STATIC / path
        if path not in _files():
            raise HTTPException(404, "no such file")
        return FileResponse(file, media_type=TYPES.get(file.suffix), headers=FRESH)


@cache
def _files() -> frozenset[str]:
    """What may be asked for."""
    return frozenset(file.relative_to(STATIC).as_posix() for file in STATIC.rglob("*") if file.suffix in TYPES)


@lru_cache
def strings(language: str) -> dict[str, str]:
    """The page's words in a language; what it lacks is in English."""
    own: dict[str, str] = {}
    for folder in (STATIC, STATIC / "panels"):
        own |= _words(folder / f"strings.{language}.json")
    return own if language == "en" else {**strings("en"), **own}


@lru_cache
def told(language: str) -> list[tuple[str, str]]:
    """What the server tells in English, and the same in a language; `{name}` stands for what is filled in."""
    return _pairs(STATIC / "told", language)


@lru_cache
def checked(language: str) -> list[tuple[str, str]]:
    """What Doctor and the profiles tell in English, and the same in a language, as `told`."""
    return _pairs(STATIC / "forms" / "told", language)


def _pairs(folder: Path, language: str) -> list[tuple[str, str]]:
    if language == "en":
        return []
    english, own = (_words(folder / f"strings.{one}.json") for one in ("en", language))
    return [(said, own[key]) for key, said in english.items() if key in own]


def forms_strings(language: str) -> dict[str, str]:
    """The words of Gradio's forms in a language."""
    return _words(STATIC / "forms" / f"strings.{language}.json")


def _words(file: Path) -> dict[str, str]:
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def language_of(request: Request) -> str:
    """The language that somebody chose here, or that their browser asks for, of those that there are."""
    wanted = [request.query_params.get("lang", ""), request.cookies.get(COOKIE, "")]
    wanted += [part.partition(";")[0].strip() for part in request.headers.get("accept-language", "").split(",")]
    codes = (code.partition("-")[0].lower() for code in wanted)
    return next((code for code in codes if code in LANGUAGES), "en")


def about(site: Site, language: str) -> dict[str, Any]:
    """What the page's script is told before it asks anything."""
    limits = site.inbox.limits
    return {
        "version": __version__,
        "language": language,
        "languages": LANGUAGES,
        "strings": strings(language),
        "told": told(language),
        "panels": sorted(path.stem for path in (STATIC / "panels").glob("*.js")),
        "fetch": site.scout.settings.fetch,
        "sample": site.sample is not None,
        "largest": limits.size,
        "longest": limits.duration,
        "seen_by": site.seen_by,
    }


def document(language: str, told: dict[str, Any], theme: str, needs: tuple[str, ...] = ()) -> str:
    """The HTML of every view: its frame in the language asked for, so that nothing moves when the script comes."""
    words = told["strings"]
    data = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
    text = _read("index.html")
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    text = text.replace("{{lang}}", language).replace("{{dir}}", direction).replace("{{theme}}", theme)
    for name, said in words.items():
        text = text.replace("{{" + name + "}}", escape(said))
    sheets = {
        "style": _read("style.css"),
        "dark": _read("dark.css"),
        "dark_media": DARK[theme],
        "preloads": _preloads(needs),
    }
    for name, sheet in sheets.items():
        text = text.replace("{{" + name + "}}", sheet)
    return text.replace("{{about}}", data)


def _preloads(needs: tuple[str, ...]) -> str:
    return "".join(f'<link rel="modulepreload" href="/app/{name}">\n' for name in needs)


@cache
def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
