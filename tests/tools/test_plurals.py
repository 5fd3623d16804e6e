import pytest
from vidscout.tools.plurals import plural


@pytest.mark.parametrize(
    ("one", "several"),
    [
        ("person", "people"),
        ("bus", "buses"),
        ("bench", "benches"),
        ("knife", "knives"),
        ("sheep", "sheep"),
        ("skis", "skis"),
        ("wine glass", "wine glasses"),
        ("fire truck", "fire trucks"),
        ("red car", "red cars"),
        ("fireman", "firemen"),
        ("human", "humans"),
        ("toy", "toys"),
        ("baby", "babies"),
        ("table of contents", "tables of contents"),
    ],
)
def test_any_label_has_an_english_plural(one: str, several: str):
    assert plural(one) == several
