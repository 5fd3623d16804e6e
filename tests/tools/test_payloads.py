"""Findings as they are stored and shown."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vidscout.tools.errors import HomeError
from vidscout.tools.payloads import Payload, Shot, Spoken, TextLines, Word, from_json, to_fields, to_json
from vidscout.tools.rendering import render

PAYLOADS = st.one_of(*(st.from_type(kind) for kind in get_args(Payload)))
"""Of every kind, with any content."""


@given(PAYLOADS.filter(lambda payload: "nan" not in repr(payload) and "inf" not in repr(payload)))
def test_every_finding_comes_back_as_it_was_stored(payload: Payload):
    assert from_json(to_json(payload)) == payload


def test_every_kind_has_its_own_name_and_its_renderer():
    kinds = [kind.kind for kind in get_args(Payload)]
    assert len(set(kinds)) == len(kinds)
    assert all(render.dispatch(kind) is not render.dispatch(object) for kind in get_args(Payload))


def test_the_fields_that_are_shown_are_plain_json_with_the_kind():
    said = Spoken("Hello you.", (Word("Hello", 1.0, 1.4, 0.9), Word("you.", 1.4, 1.6, 0.8)), "en")
    shown = json.loads(json.dumps(to_fields(said)))
    assert shown["kind"] == "spoken"
    assert shown["words"][1] == {"text": "you.", "start": 1.4, "end": 1.6, "probability": 0.8}


def test_a_field_that_an_older_payload_lacks_has_its_default():
    assert from_json('{"version": 1, "kind": "spoken", "text": "Hello."}') == Spoken("Hello.")


@pytest.mark.parametrize(
    "stored", ['{"version": 1, "kind": "hologram"}', '{"version": 99, "kind": "shot", "number": 1}']
)
def test_what_a_newer_version_stored_is_refused_in_one_line(stored: str):
    with pytest.raises(HomeError, match="newer vidscout") as refused:
        from_json(stored)
    assert "\n" not in str(refused.value)


def test_what_is_damaged_is_refused_in_one_line():
    with pytest.raises(HomeError, match="damaged"):
        from_json('{"version": 1, "kind": "shot", "number": "third"}')


def test_lines_keep_the_mark_that_joins_them_in_words():
    lines = TextLines(("either / or", "both"))
    assert from_json(to_json(lines)) == lines
    assert Shot(2).kind == "shot"
