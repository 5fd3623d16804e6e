"""Videos on pages where they can be watched, which yt-dlp finds; an extra, since it needs yt-dlp and httpcore.

Every request that yt-dlp makes goes through the network of `guarded_network`, and it has no other: no proxy, no ffmpeg,
no downloader or interpreter beside it. So only videos come that lie on a server in one file.
"""

import io
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import httpcore
from yt_dlp import YoutubeDL
from yt_dlp.networking import Request, RequestDirector, RequestHandler, Response
from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.utils import YoutubeDLError

from ..network.download import CONNECT_SECONDS, MOST_REDIRECTS, REDIRECTS, SILENCE_SECONDS, checked, sent
from ..network.guarded_network import GuardedNetwork
from ..network.public_addresses import FetchError, Rules
from .uploads import TooLargeError, size_of

FORMAT = "best[protocol=https]/best[protocol=http]"
"""The best file that holds picture and sound, in yt-dlp's words."""


def from_page(url: str, folder: Path, rules: Rules) -> Path:
    """Fetch the video that can be watched on a page into a folder.

    Args:
        url: the page's `http` or `https` address.
        folder: where the file is written; its name is chosen.
        rules: what is allowed.

    Raises:
        RefusedAddressError: something that belongs to the page is not on the open internet.
        FetchError: no video is found there, or it is not sent in time.
        TooLargeError: it has more bytes than are taken.
    """
    with _Guarded(url, folder, rules) as reader:
        try:
            found = reader.extract_info(checked(url).geturl(), download=True)
        except (YoutubeDLError, OSError) as error:
            if reader.refused is not None:
                raise reader.refused from None
            reason = str(error).removeprefix("ERROR: ").splitlines()[0][:200]
            raise FetchError(f"no video was found on the page {url[:200]} ({reason})") from None
        entries = [found, *(found.get("entries") or [])] if found else []
        paths = [Path(one["filepath"]) for entry in entries for one in entry.get("requested_downloads") or []]
        if not paths or not paths[0].is_file():
            raise FetchError(f"no video was found on the page {url[:200]}")
        return paths[0]


class _Guarded(YoutubeDL):
    """yt-dlp with one way to the network."""

    def __init__(self, url: str, folder: Path, rules: Rules) -> None:
        self.refused: FetchError | TooLargeError | None = None
        self._network = GuardedNetwork(rules)
        self._most = rules.size
        options: dict[str, Any] = {
            "outtmpl": {"default": str(folder / "%(id).80B.%(ext)s")},
            "format": FORMAT,
            "noplaylist": True,
            "playlist_items": "1",
            "restrictfilenames": True,
            "overwrites": True,
            "proxy": "",
            "cachedir": False,
            "retries": 1,
            "socket_timeout": SILENCE_SECONDS,
            "fixup": "never",
            "external_downloader": {"default": "native"},
            "ffmpeg_location": str(folder / "none"),
            "js_runtimes": {},
            "logger": _Silent(),
            "progress_hooks": [self._check_size],
        }
        super().__init__(options)  # pyright: ignore[reportArgumentType]  # the stub knows some options only

    def build_request_director(self, handlers: Any, preferences: Any = None) -> RequestDirector:
        """Only ours, whatever yt-dlp has."""
        director = super().build_request_director(cast(Any, [_GuardedRH]), preferences)
        for handler in director.handlers.values():
            assert isinstance(handler, _GuardedRH)
            handler.reader, handler.network = self, self._network
        return director

    def _check_size(self, told: dict[str, Any]) -> None:
        if max(told.get("downloaded_bytes") or 0, told.get("total_bytes") or 0) > self._most:
            self.refused = TooLargeError(
                f"the video has more than {size_of(self._most)}, which is the most that is taken"
            )
            raise YoutubeDLError("too large")


class _GuardedRH(RequestHandler):
    """Sends yt-dlp's requests over a guarded network; its name must end so."""

    _SUPPORTED_URL_SCHEMES = ("http", "https")
    reader: _Guarded
    network: GuardedNetwork

    def _check_extensions(self, extensions: dict[str, Any]) -> None:
        extensions.clear()  # timeouts, cookies of the request and the like; none of them opens another way

    def _send(self, request: Request) -> Response:
        limits = {
            "connect": CONNECT_SECONDS,
            "read": SILENCE_SECONDS,
            "write": SILENCE_SECONDS,
            "pool": CONNECT_SECONDS,
        }
        url, method, body = request.url, request.method, request.data
        body = body if isinstance(body, bytes | None) else b"".join(body)
        cookies = cast(Any, self.cookiejar)
        pool = httpcore.ConnectionPool(network_backend=self.network)
        try:
            for _ in range(MOST_REDIRECTS + 1):
                target, asked = sent(checked(url)), urllib.request.Request(url)
                cookies.add_cookie_header(asked)
                headers = {
                    **cast(Any, self)._get_headers(request),
                    **asked.unredirected_hdrs,
                    "Accept-Encoding": "identity",
                }
                headers |= {"Host": urlsplit(target).netloc} | ({"Content-Length": str(len(body))} if body else {})
                asking = httpcore.Request(
                    method, target, headers=[*headers.items()], content=body, extensions={"timeout": limits}
                )
                got = pool.handle_request(asking)
                told = Message()
                for name, value in got.headers:
                    told[name.decode("latin-1")] = value.decode("latin-1")
                where = told.get("location")
                if got.status in REDIRECTS and where:
                    got.close()
                    url = urljoin(url, where)
                    method, body = ("GET", None) if got.status == 303 else (method, body)
                    continue
                answer = Response(_Body(got, pool), url, cast(Any, told), got.status)
                cookies.extract_cookies(answer, asked)
                if not 200 <= got.status < 300:
                    raise HTTPError(answer)
                return answer
        except FetchError as error:
            self.reader.refused = error
            raise TransportError(str(error)) from error
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise TransportError(" ".join(str(error).split()) or type(error).__name__) from error
        raise TransportError(f"more than {MOST_REDIRECTS} redirects")


class _Body(io.RawIOBase):
    """What a server sends, as a file."""

    def __init__(self, response: httpcore.Response, pool: httpcore.ConnectionPool) -> None:
        self._response, self._pool = response, pool
        self._pieces: Iterator[bytes] = iter(response.iter_stream())
        self._left = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = size if size is not None and size >= 0 else None
        pieces, held = [self._left], len(self._left)
        while wanted is None or held < wanted:
            piece = next(self._pieces, None)
            if piece is None:
                break
            pieces.append(piece)
            held += len(piece)
        whole = b"".join(pieces)
        self._left = b"" if wanted is None else whole[wanted:]
        return whole if wanted is None else whole[:wanted]

    def close(self) -> None:
        if not self.closed:
            self._response.close()
            self._pool.close()
        super().close()


class _Silent:
    """Takes what yt-dlp would print; what goes wrong comes as an error."""

    def debug(self, message: str) -> None: ...
    def info(self, message: str) -> None: ...
    def warning(self, message: str) -> None: ...
    def error(self, message: str) -> None: ...
