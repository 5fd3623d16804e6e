"""Other sites' pages, and names that were made to lead here: refused by every face, with and without credentials.

OWASP Top 10: broken access control. Attacks: DNS rebinding, cross-site request forgery, cross-site inclusion.
"""

from urllib.parse import urlsplit

import httpx
import pytest
from vidscout import VideoScout
from vidscout.agent.guard.refusal import RefusedError
from vidscout.agent.guard.senders import Senders
from vidscout.agent.inbox.inbox import Inbox

from .conftest import FACES, KEY, Face, served


def ask(face: Face, address: str, method: str = "GET", **headers: str) -> httpx.Response:
    with face.client(address) as client:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if face.name == "mcp":
            sent["Accept"] = "application/json, text/event-stream"
            return client.post(face.path, json={"jsonrpc": "2.0", "id": 1, "method": "ping"}, headers=sent)
        return client.request(method, face.path, headers=sent)


def let_in(face: Face, response: httpx.Response) -> bool:
    """MCP complains about the missing session of a request that was let in."""
    return response.status_code in ((200, 400) if face.name == "mcp" else (200,))


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:7860", "127.0.0.1.evil.example", "localhost.evil.example", "evil@127.0.0.1",
        "127.0.0.1@evil.example", "192.168.1.77", "93.184.216.34", "", "localhost:x", "evil.example.",
        "[::ffff:1.2.3.4]", "localhost/../evil.example", "0.0.0.0",
    ],
)  # fmt: skip
def test_a_name_that_was_made_to_lead_here_reaches_nothing(face: Face, address: str, host: str):
    response = ask(face, address, Host=host)
    assert response.status_code in (400, 403), host
    assert "vs-main" not in response.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "some.localhost", "127.0.0.2"])
def test_the_machines_own_names_lead_here(face: Face, address: str, host: str):
    port = urlsplit(address).port
    assert let_in(face, ask(face, address, Host=f"{host}:{port}"))


@pytest.mark.parametrize("names", [[], ["127.0.0.1", "evil.example"], ["127.0.0.1", "127.0.0.1"]])
def test_what_has_no_single_name_is_refused(names: list[str]):
    with pytest.raises(RefusedError):
        Senders().check({"host": names} if names else {}, "GET")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example", "null", "file://", "http://127.0.0.1.evil.example", "http://127.0.0.1:1@evil.example",
        "x",
    ],
)  # fmt: skip
def test_pages_of_other_sites_may_not_ask(face: Face, address: str, origin: str):
    response = ask(face, address, Origin=origin)
    assert response.status_code == 403, origin
    assert "access-control-allow-origin" not in response.headers


def test_another_server_of_this_machine_is_another_site_where_no_key_is_needed(face: Face, address: str):
    response = ask(face, address, Origin="http://localhost:3000")
    assert let_in(face, response) == (face.guarded and face.name != "page")


def test_the_page_itself_may_ask(face: Face, address: str):
    assert let_in(face, ask(face, address, Origin=address, Sec_Fetch_Site="same-origin"))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_page_includes_is_refused_although_it_has_no_origin(face: Face, address: str, site: str):
    included = ask(face, address, Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors", Sec_Fetch_Dest="video")
    assert included.status_code == 403
    framed = ask(face, address, Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="iframe")
    assert framed.status_code == 403


def test_a_link_from_another_site_may_be_followed(face: Face, address: str):
    followed = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    response = ask(face, address, **followed)
    assert let_in(face, response) == (face.name != "mcp"), "what is posted is no link"


def test_other_sites_can_send_nothing(face: Face, address: str):
    with face.client(address) as client:
        for path in ("/v1/uploads", "/forms/gradio_api/queue/join", "/v1/videos", "/mcp"):
            form = {"files": ("a.mp4", b"x" * 100, "video/mp4")}
            assert client.post(path, files=form, headers={"Origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize("face", [FACES[0], FACES[2], FACES[3]], ids=lambda face: face.name)
def test_names_and_sites_that_the_settings_allow_are_let_in(face: Face, home):
    settings = {"allowed_hosts": ("video.example", "*.lan"), "allowed_origins": ("https://app.example",)}
    with VideoScout("embedded", home=home, **settings) as scout, served(face, Inbox(scout)) as address:
        for host in ("video.example", "video.example:443", "box.lan"):
            assert let_in(face, ask(face, address, Host=host)), host
        for host in ("sub.video.example", "lan", "video.example.evil"):
            assert ask(face, address, Host=host).status_code == 403, host
        assert let_in(face, ask(face, address, Host="video.example", Origin="https://video.example"))
        allowed = ask(face, address, Origin="https://app.example")
        assert let_in(face, allowed) == (face.name == "api")
        if face.name == "api":
            assert allowed.headers["access-control-allow-origin"] == "https://app.example"
            assert "Origin" in allowed.headers["vary"]
        assert ask(face, address, Origin="http://app.example").status_code == 403, "another scheme is another site"


@pytest.mark.parametrize("bound", ["0.0.0.0", "::"])
def test_where_every_address_is_listened_on_every_address_is_a_name(bound: str):
    senders = Senders(bound)
    assert senders.check({"host": ["192.168.1.77:7860"]}, "GET") is None
    assert senders.check({"host": ["[fd00::1]:7860"]}, "GET") is None
    with pytest.raises(RefusedError):
        senders.check({"host": ["evil.example"]}, "GET")


def test_the_address_that_is_listened_on_is_a_name():
    assert Senders("10.1.2.3").check({"host": ["10.1.2.3:80"]}, "GET") is None
    assert Senders("box.lan").check({"host": ["Box.lan:80"]}, "GET") is None
    with pytest.raises(RefusedError):
        Senders("10.1.2.3").check({"host": ["10.1.2.4"]}, "GET")


@pytest.mark.parametrize("face", [FACES[3]], ids=["api guarded"])
def test_a_browser_may_ask_whether_it_may_ask_without_the_key(face: Face, home):
    with (
        VideoScout("embedded", home=home, allowed_origins=("https://app.example",)) as scout,
        served(face, Inbox(scout)) as address,
        httpx.Client(base_url=address) as client,
    ):
        asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
        for origin in ("https://app.example", "http://localhost:5173"):
            told = client.options("/v1/chat/completions", headers={"Origin": origin, **asks})
            assert told.status_code == 204, told.text
            assert told.headers["access-control-allow-origin"] == origin
            assert "authorization" in told.headers["access-control-allow-headers"]
            assert "POST" in told.headers["access-control-allow-methods"]
        refused = client.options("/v1/chat/completions", headers={"Origin": "https://evil.example", **asks})
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers
        wrong = client.get("/v1/videos", headers={"Origin": "https://app.example", "Authorization": f"Bearer {KEY}x"})
        assert wrong.status_code == 401
        assert wrong.headers["access-control-allow-origin"] == "https://app.example", "so that the page can tell why"
