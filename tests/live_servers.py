"""Live video for tests: a recording sent as it would come, and a real RTSP server that passes it on, on free ports."""

import re
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av
from av.error import FFmpegError


def resent(
    path: Path,
    to: str,
    form: str,
    *,
    seconds: float,
    speed: float | None = None,
    stop: threading.Event | None = None,
    start: float = 0.0,
    jump: tuple[float, float] | None = None,
    **options: str,
) -> None:
    """Send a recording's packets on as they are.

    Args:
        path: of the recording.
        to: file or address.
        form: FFmpeg's name of the format.
        seconds: of it, from `start` on.
        speed: how much faster than it was recorded; by default at once.
        stop: ends it.
        start: of what is sent.
        jump: from this second on, its clock is moved by so many seconds.
        options: of the format.
    """
    began: float | None = None
    clock = 0.0
    with av.open(str(path)) as source, av.open(to, "w", format=form, options=options) as out:
        streams = {one.index: out.add_stream_from_template(one) for one in source.streams if one.type != "data"}
        source.seek(round(start * av.time_base))
        for packet in source.demux(*(source.streams[index] for index in streams)):
            if packet.dts is None or packet.time_base is None:
                continue
            clock = float(packet.dts * packet.time_base)
            began = clock if began is None else began
            if clock - began > seconds or (stop is not None and stop.is_set()):
                return
            if jump is not None and clock - began >= jump[0]:
                ticks = round(jump[1] / packet.time_base)
                packet.dts += ticks
                packet.pts = None if packet.pts is None else packet.pts + ticks
            if speed is not None:
                _wait_until(clock - began, speed)
            packet.stream = streams[packet.stream_index]
            with suppress(FFmpegError):  # nobody listens any more
                out.mux(packet)


_zero: dict[int, float] = {}


def _wait_until(at: float, speed: float) -> None:
    zero = _zero.setdefault(threading.get_ident(), time.monotonic()) if at else time.monotonic()
    _zero[threading.get_ident()] = zero
    time.sleep(max(zero + at / speed - time.monotonic(), 0.0))


class RtspServer(socketserver.ThreadingTCPServer):
    """Passes RTP packets that come to `rtp_port` on to whoever plays, over TCP (RFC 2326, 10.12)."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.players: list[socket.socket] = []
        self.described = 0
        self.lock = threading.Lock()
        threading.Thread(target=self._pass_on, daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def rtp(self) -> str:
        return f"rtp://127.0.0.1:{self.udp.getsockname()[1]}?pkt_size=1316"

    def _pass_on(self) -> None:
        with suppress(OSError):
            while True:
                data = self.udp.recv(65536)
                with self.lock:
                    for player in list(self.players):
                        try:
                            player.sendall(b"$\0" + len(data).to_bytes(2, "big") + data)
                        except OSError:
                            self.players.remove(player)

    def drop(self) -> None:
        """Break off every connection."""
        with self.lock:
            for player in self.players:
                with suppress(OSError):
                    player.shutdown(socket.SHUT_RDWR)
            self.players.clear()


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, RtspServer)
        while (line := self.rfile.readline()) and not line.startswith(b"$"):
            if not line.strip():
                continue
            method, headers = line.split()[0].decode(), {}
            while (header := self.rfile.readline().strip()) and b":" in header:
                name, _, value = header.partition(b":")
                headers[name.decode().lower()] = value.strip().decode()
            answer, body = [f"CSeq: {headers.get('cseq', '0')}", "Session: 1"], ""
            if method == "OPTIONS":
                answer.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
            elif method == "DESCRIBE":
                server.described += 1
                body = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:track\r\n"
                answer += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
            elif method == "SETUP":
                answer.append(f"Transport: {re.sub(r';mode=.*', '', headers['transport'])}")
            self.wfile.write(("RTSP/1.0 200 OK\r\n" + "\r\n".join(answer) + "\r\n\r\n" + body).encode())
            if method == "PLAY":
                with server.lock:
                    server.players.append(self.connection)
            elif method == "TEARDOWN":
                return


@contextmanager
def rtsp_served() -> Iterator[RtspServer]:
    """An RTSP server that passes on what is sent to its `rtp` address."""
    server = RtspServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.drop()
        server.shutdown()
        server.server_close()
        server.udp.close()
        thread.join(5)
