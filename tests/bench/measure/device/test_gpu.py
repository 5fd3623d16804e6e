"""The script that measures a GPU runs at small sizes on a CPU, with the same code."""

import re

from vidscout.bench.measure.device.gpu import report


def test_it_tells_what_a_question_and_what_reading_takes():
    told = report("small", [1, 3], 3, [2], film=6)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in told.splitlines() if re.match(r"\| \d", line)]
    assert [int(row[0]) for row in rows] == [1, 3]
    assert int(rows[1][1].replace(",", "")) > 3 * 220, "a kept frame has 220 tokens"
    assert all(float(row[column]) > 0 for row in rows for column in (2, 3, 4, 5))
    assert float(rows[1][3]) < float(rows[1][4]), "a second question about the same frames is faster than the naive way"
    assert told.count("| × real time |") == 1
    assert "idle share" in told
    shares = dict(re.findall(r"\| (vectors|objects) \| (\d+)% \|", told))
    assert set(shares) == {"vectors", "objects"}
    assert 98 <= sum(map(int, shares.values())) <= 102
    [(idle, speed)] = re.findall(r"stood idle for (\d+)% of the reading, at (\d+) × real time", told)
    assert 0 <= int(idle) < 100
    assert int(speed) >= 0
