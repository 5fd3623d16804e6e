from dataclasses import asdict

from vidscout.bench.measure.recordings import decode


def test_sampling_is_compared_with_decoding_everything(bikes):
    """The aim is a ratio of 1.15 at most; ten seconds of video on a busy machine are too short to hold it to that."""
    cost = decode.measure(bikes, rounds=3)
    assert 0.2 < cost.ratio < 2
    assert cost.pictures == 250
    assert cost.decoded < cost.pictures
    assert asdict(cost)["size"] == "640×272"
    assert cost.row().count("|") == decode.HEADER.splitlines()[0].count("|")
