"""The graphs as LangGraph's own tooling opens them."""

import asyncio
import json
from importlib import import_module
from pathlib import Path

import pytest
from langgraph.graph.state import CompiledStateGraph
from vidscout.agent import langgraph_dev as studio

ROOT = Path(studio.__file__).parents[1]


def test_langgraph_json_names_graphs_that_are_there():
    named = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))["graphs"]
    for name, where in named.items():
        module, _, attribute = where.partition(":")
        graph = getattr(import_module(module), attribute)
        assert isinstance(graph, CompiledStateGraph), name


def test_the_answer_graph_is_seen_inside():
    drawn = studio.answer.get_graph(xray=True)
    assert any("gather" in node for node in drawn.nodes)


@pytest.mark.models
def test_a_question_is_answered(home: Path, lecture: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VIDSCOUT_HOME", str(home))
    studio.scout.cache_clear()
    try:
        end = asyncio.run(studio.answer.ainvoke(studio.Asked("What is the mirror made of?", [str(lecture)])))
    finally:
        studio.scout().close()
        studio.scout.cache_clear()
    assert "silicon" in end["text"].lower()
    assert end["evidence"][0]["text"]
