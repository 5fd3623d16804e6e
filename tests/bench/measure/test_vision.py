from dataclasses import fields

from vidscout.bench.measure import vision


def test_a_row_has_the_columns_of_its_header():
    row = vision.VisualTool(*[1] * len(fields(vision.VisualTool))).row()
    assert row.count("|") == vision.HEADER.splitlines()[0].count("|")
