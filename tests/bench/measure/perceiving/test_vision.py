from vidscout.bench.measure.perceiving import vision


def test_a_row_has_the_columns_of_its_header():
    row = vision.VisualTool("objects", 1, 1.0, 1.0, 1.0).row()
    assert row.count("|") == vision.HEADER.splitlines()[0].count("|")
