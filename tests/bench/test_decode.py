from dataclasses import asdict

from vidscout.bench import decode


def test_sampling_costs_no_more_than_decoding_everything(bikes):
    cost = decode.measure(bikes, rounds=3)
    assert cost.ratio < 1.15
    assert cost.pictures == 250
    assert cost.decoded < cost.pictures
    assert asdict(cost)["size"] == "640×272"
    assert cost.row().count("|") == decode.HEADER.splitlines()[0].count("|")
