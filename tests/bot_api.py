"""An HTTP server on 127.0.0.1 that speaks as much of the Bot API, of VK's and of Healthchecks as is needed."""

import json
import socket
import struct
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs

TOKEN = "123456789:AAtestTESTtestTESTtestTESTtestTEST-_x"
OK, HANG, BREAK, PORTAL = "ok", "hang", "break", "portal"
HANG_SECONDS = 60


class Message(NamedTuple):
    path: str
    chat: str
    text: str
    parse_mode: str
    at: float
    topic: str = ""
    random_id: str = ""


def refusal(code: int, description: str, **parameters) -> dict:
    """Return an answer that refuses."""
    answer = {"ok": False, "error_code": code, "description": description}
    return {**answer, "parameters": parameters} if parameters else answer


def vk_refusal(code: int, told: str) -> dict:
    """Return an answer of VK that refuses."""
    return {"error": {"error_code": code, "error_msg": told}}


VK_TOKEN = "vk1.a." + "TESTtest" * 10
TOO_MANY = refusal(429, "Too Many Requests: retry after 7", retry_after=7)
MIGRATED = refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1009)
FORBIDDEN = refusal(403, "Forbidden: bot was kicked from the group chat")
NO_CHAT = refusal(400, "Bad Request: chat not found")
NO_MARKUP = refusal(400, "Bad Request: can't parse entities: unsupported start tag")
CONFLICT = refusal(409, "Conflict: terminated by other getUpdates request")
BROKEN = refusal(500, "Internal Server Error")
UNAUTHORIZED = refusal(401, "Unauthorized")


class BotApi:
    """The server. ``answers`` are given one after the other, then ``always``; what was sent is in ``messages``.

    ``refuses``, where it answers something to a text, goes first. ``shown`` is what people see: VK shows a repeated
    message once.
    """

    def __init__(self, port: int = 0) -> None:
        self.answers = deque()
        self.always = OK
        self.messages = []
        self.delivered = []
        self.refuses = lambda text: None
        self.pings = []
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def shown(self) -> list:
        seen = {}
        for message in self.delivered:
            seen.setdefault(message.random_id or id(message), message)
        return [*seen.values()]

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _handler(api):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
                if "/bot" not in self.path and "/method/" not in self.path:
                    api.pings.append((self.path, body))
                    return self.answer(404 if "gone" in self.path else 200, b"OK")
                form = {key: values[0] for key, values in parse_qs(body).items()}
                is_vk = "/method/" in self.path
                message = Message(
                    self.path,
                    form.get("peer_id" if is_vk else "chat_id", ""),
                    form.get("message" if is_vk else "text", ""),
                    form.get("parse_mode", ""),
                    time.time(),
                    form.get("message_thread_id", ""),
                    form.get("random_id", ""),
                )
                api.messages.append(message)
                answer = api.refuses(message.text) or (api.answers.popleft() if api.answers else api.always)
                if answer == HANG:
                    return api.released.wait(HANG_SECONDS)
                if answer == BREAK:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
                    self.wfile.flush()
                    return self.connection.close()
                if answer == PORTAL:
                    return self.answer(200, b"<html>Pay for your internet first</html>")
                if answer == OK:
                    api.delivered.append(message)
                    chat = {"id": 1, "type": "private"}
                    answer = {"ok": True, "result": {"message_id": 1, "date": 1, "chat": chat}}
                    answer = {"response": 1} if is_vk else answer
                return self.answer(answer.get("error_code", 200), json.dumps(answer).encode())

            def answer(self, code: int, content: bytes) -> None:
                self.send_response(code)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_) -> None:
                """Nothing: the test says what matters."""

        return Handler


def free_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
