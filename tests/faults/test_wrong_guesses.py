"""Whoever guesses passwords or keys waits longer each time and is not heard beside; `HEAD` tells what `GET` does."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from small_scout import small_scout
from vidscout.agent.guard import wrong_guesses
from vidscout.agent.guard.wrong_guesses import AT_ONCE, FREE, SHORTEST, WrongGuesses
from vidscout.agent.inbox.inbox import Inbox

from .conftest import FACES, Face, served

GUESS = {"Authorization": "Basic YWRhOndyb25n"}, {"Authorization": "Bearer wrong"}


@pytest.fixture(params=[face for face in FACES if face.guarded], ids=lambda face: face.name)
def guarded(request: pytest.FixtureRequest, home) -> Iterator[tuple[Face, str]]:
    """A face that nobody has guessed at, and its address."""
    with small_scout(home) as scout:
        inbox = Inbox(scout)
        with served(request.param, inbox) as address:
            yield request.param, address
        inbox.close()


def guess(face: Face, address: str) -> tuple[int, float]:
    """The status of a wrong guess, and the seconds that it took."""
    began = time.monotonic()
    wrong = GUESS[face.name != "page"]
    return httpx.get(address + face.path, headers=wrong, timeout=60).status_code, time.monotonic() - began


def test_refusals_after_the_first_few_take_longer_and_the_right_secret_is_let_in(guarded: tuple[Face, str]):
    face, address = guarded
    assert {guess(face, address)[0] for _ in range(FREE)} == {401}
    further = [guess(face, address) for _ in range(4)]  # one may be free: guesses are forgotten meanwhile
    assert {status for status, _ in further} == {401}
    assert sum(seconds >= SHORTEST for _, seconds in further) >= 3
    with face.client(address) as knows:
        assert knows.get(face.path).status_code not in (401, 429)


def test_guesses_at_the_same_time_are_not_looked_at(guarded: tuple[Face, str]):
    face, address = guarded
    for _ in range(FREE + 1):
        guess(face, address)
    with ThreadPoolExecutor(8) as pool:
        statuses = [status for status, _ in pool.map(lambda _: guess(face, address), range(8))]
    assert set(statuses) <= {401, 429}
    assert 429 in statuses, f"{AT_ONCE} wait for a refusal, and what comes meanwhile is not looked at"
    with face.client(address) as knows:
        assert knows.get(face.path).status_code not in (401, 429)


def test_who_has_too_many_refusals_ahead_is_not_heard_and_others_are():
    async def tried() -> list[bool]:
        guesses = WrongGuesses()
        for _ in range(FREE + 1):
            await guesses.wrong("192.0.2.1")
        waiting = [asyncio.create_task(guesses.wrong("192.0.2.1")) for _ in range(AT_ONCE)]
        await asyncio.sleep(0)
        meanwhile = [guesses.may_try("192.0.2.1"), guesses.may_try("192.0.2.2")]
        await asyncio.gather(*waiting)
        return [*meanwhile, guesses.may_try("192.0.2.1")]

    assert asyncio.run(tried()) == [False, True, True]


@pytest.mark.parametrize(
    ("one", "other", "delayed"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),  # one network
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),  # two addresses of IPv4
    ],
)
def test_addresses_of_one_network_are_one(one: str, other: str, delayed: bool):
    async def seconds() -> float:
        guesses = WrongGuesses()
        for _ in range(FREE + 1):
            await guesses.wrong(one)
        began = time.monotonic()
        await guesses.wrong(other)
        return time.monotonic() - began

    assert (asyncio.run(seconds()) >= SHORTEST) is delayed


def test_wrong_guesses_are_forgotten_with_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wrong_guesses, "FORGIVEN_EVERY", 0.02)

    async def seconds() -> float:
        guesses = WrongGuesses()
        for _ in range(FREE + 1):
            await guesses.wrong("192.0.2.1")
        await asyncio.sleep(0.2)
        began = time.monotonic()
        await guesses.wrong("192.0.2.1")
        return time.monotonic() - began

    assert asyncio.run(seconds()) < SHORTEST


@pytest.mark.parametrize("known", [True, False])
def test_head_tells_what_get_does_without_its_body(face: Face, address: str, known: bool):
    if face.name == "mcp" and (known or not face.guarded):
        pytest.skip("a GET of MCP streams without end")
    path = "/" if face.name == "page" else face.path
    with face.client(address, known) as client:
        whole, head = client.get(path), client.head(path)
    assert head.status_code == whole.status_code == (200 if known or not face.guarded else 401)
    assert head.content == b""
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["content-type"] == whole.headers["content-type"]
