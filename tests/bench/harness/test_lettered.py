import tomllib
from pathlib import Path

import pytest
from vidscout.bench.harness.lettered import lettered

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("form", ["{}. {}", "({}) {}", "{}) {}", "({}): {}"])
def test_options_are_found_however_their_letters_are_written(form: str):
    options = ["a red car", "A. nobody", "it rains"]
    lines = "\n".join(form.format(letter, option) for letter, option in zip("ABC", options, strict=True))
    assert lettered(f"What is seen?\n{lines}\nAnswer with the letter.") == ("What is seen?", options)


@pytest.mark.parametrize("text", ["What happens?", "A. Smith is who?", "B. second\nC. third", "Name it.\nA. only one"])
def test_a_prompt_without_options_in_order_is_an_open_question(text: str):
    assert lettered(text) == (text, [])


def test_the_package_tells_lmms_eval_where_its_model_is():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["lmms_eval.models"] == {"vidscout": "vidscout.bench.harness:manifest"}


def test_lmms_eval_finds_the_model_and_gets_a_letter_or_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With the real package, where it is installed."""
    pytest.importorskip("lmms_eval")
    from types import SimpleNamespace

    from lmms_eval.models.registry_v2 import ModelRegistryV2  # pyright: ignore[reportMissingImports]
    from vidscout.bench.harness import manifest
    from vidscout.bench.pipelines.interface import Reply
    from vidscout.tools.errors import UsageError

    registry = ModelRegistryV2()
    registry.register_manifest(manifest())
    model = registry.get_model_class("vidscout")(home=str(tmp_path / "home"), profile="embedded", batch_size=1)

    class Says:
        name = "says"
        prepared = 0

        def prepare(self, video: Path) -> None:
            self.prepared += 1

        def ask(self, video: Path, question: str, options: list[str]) -> Reply:
            return Reply(f"{question}|{options}|{video.name}", choice="B" if options else None)

    says = Says()
    monkeypatch.setattr(model, "_pipeline", says)
    model.task_dict = {"tiny": {"test": [{"video": "a.mp4"}, {"video": None}]}}

    def request(context: str, number: int) -> SimpleNamespace:
        shown = lambda doc: [doc["video"]] if doc["video"] else []  # noqa: E731
        return SimpleNamespace(args=(context, {}, shown, number, "tiny", "test"))

    assert model.generate_until([request("Which?\nA. one\nB. two", 0), request("Why?", 0)]) == ["B", "Why?|[]|a.mp4"]
    assert says.prepared == 1
    with pytest.raises(UsageError, match="no single video"):
        model.generate_until([request("Why?", 1)])
    with pytest.raises(UsageError, match="speed"):
        registry.get_model_class("vidscout")(speed=3)
