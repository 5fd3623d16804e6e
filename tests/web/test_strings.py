"""The page's words: every language has all of them, and each keeps what is filled in."""

import json
import re
from pathlib import Path

import pytest
from vidscout.web.shell import LANGUAGES, STATIC

FOLDERS = [
    folder
    for folder in (STATIC, STATIC / "panels", STATIC / "forms", STATIC / "forms" / "told")
    if (folder / "strings.en.json").is_file()
]


def words(folder: Path, language: str) -> dict[str, str]:
    return json.loads((folder / f"strings.{language}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_a_language_has_every_word_and_fills_in_the_same(folder: Path, language: str):
    english, other = words(folder, "en"), words(folder, language)
    assert english.keys() == other.keys()
    for key, said in english.items():
        assert set(re.findall(r"\{\w+\}", said)) >= set(re.findall(r"\{\w+\}", other[key])), key
        assert other[key].strip(), key


def test_every_word_that_the_script_names_is_there():
    english = {key for folder in FOLDERS for key in words(folder, "en")}
    for file in STATIC.rglob("*.js"):
        for key in re.findall(r"\bt\(\"([a-z_]+)\"", file.read_text(encoding="utf-8")):
            assert key in english, (file.name, key)
    for key in re.findall(r"\{\{(\w+)\}\}", (STATIC / "index.html").read_text(encoding="utf-8")):
        assert key in english | {"lang", "dir", "theme", "about", "style", "dark", "dark_media", "preloads"}, key
