"""The script that measures a GPU runs at small sizes on a CPU, with the same code."""

import re

from vidscout.bench.measure.device.gpu import report


def test_it_tells_what_a_question_and_what_reading_takes():
    told = report("small", [1, 3], 3, [2])
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in told.splitlines() if re.match(r"\| \d", line)]
    assert [int(row[0]) for row in rows] == [1, 3]
    assert int(rows[1][1].replace(",", "")) > 3 * 220, "a kept frame has 220 tokens"
    assert all(float(row[column]) > 0 for row in rows for column in (2, 3, 4, 5))
    assert float(rows[1][3]) < float(rows[1][4]), "a second question about the same frames is faster than the naive way"
    assert told.count("× real time") == 1
    assert "idle share" in told
