"""The part of the Hub's protocol that bundles need, on this machine: repositories in memory, files as they are."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_fake"


class FakeHub:
    """A server; `repositories` maps OWNER/NAME to its commits, oldest first, each a map from names to contents."""

    def __init__(self) -> None:
        self.repositories: dict[str, list[dict[str, bytes]]] = {}
        self.private: dict[str, bool] = {}
        self.asked: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_GET(self) -> None:  # noqa: N802
                hub.answer(self, "GET", b"")

            def do_HEAD(self) -> None:  # noqa: N802
                hub.answer(self, "HEAD", b"")

            def do_POST(self) -> None:  # noqa: N802
                length = int(self.headers.get("content-length", 0))
                hub.answer(self, "POST", self.rfile.read(length))

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def files(self, name: str) -> dict[str, bytes]:
        return self.repositories[name][-1]

    def _commit(self, name: str, revision: str) -> tuple[str, dict[str, bytes]] | None:
        for number, files in enumerate(self.repositories.get(name, [])):
            if revision == self.oid(name, number):
                return revision, files
        if revision == "main" and name in self.repositories:
            return self.oid(name, len(self.repositories[name]) - 1), self.files(name)
        return None

    def oid(self, name: str, number: int) -> str:
        return hashlib.sha1(f"{name} {number}".encode()).hexdigest()

    def answer(self, request: BaseHTTPRequestHandler, verb: str, body: bytes) -> None:
        path = request.path.split("?")[0]
        self.asked.append(f"{verb} {path}")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return self._json(request, 401, {"error": "Invalid username or password."})
        if path == "/api/repos/create":
            return self._create(request, json.loads(body))
        if path == "/api/validate-yaml":
            assert json.loads(body)["content"].startswith("---\n")
            return self._json(request, 200, {"errors": [], "warnings": []})
        match = re.fullmatch(r"/api/models/([^/]+/[^/]+)/(revision|preupload|commit|tree)/([^/]+)", path)
        if match is not None:
            name, what, revision = match.groups()
            return self._model(request, name, what, revision, body)
        match = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if match is not None:
            name, revision, file = match.groups()
            return self._file(request, name, revision, file, verb)
        return self._json(request, 404, {"error": f"no {path}"})

    def _create(self, request: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        name = f"{asked.get('organization') or 'me'}/{asked['name']}"
        self.private.setdefault(name, bool(asked.get("private")) or asked.get("visibility") == "private")
        known = name in self.repositories
        self.repositories.setdefault(name, [{}])
        self._json(request, 409 if known else 200, {"url": f"{self.url}/{name}", "name": name, "id": name})

    def _model(self, request: BaseHTTPRequestHandler, name: str, what: str, revision: str, body: bytes) -> None:
        found = self._commit(name, revision)
        if found is None:
            return self._json(request, 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        oid, files = found
        if what == "revision":
            siblings = [{"rfilename": n, "size": len(b)} for n, b in files.items()]
            return self._json(request, 200, {"id": name, "modelId": name, "sha": oid, "siblings": siblings})
        if what == "tree":
            return self._json(
                request, 200, [{"type": "file", "path": n, "size": len(b), "oid": oid} for n, b in files.items()]
            )
        if what == "preupload":
            asked = json.loads(body)["files"]
            modes = [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in asked]
            return self._json(request, 200, {"files": modes, "commitOid": oid})
        after = dict(files)
        for line in body.splitlines():
            entry = json.loads(line)
            if entry["key"] == "file":
                assert entry["value"]["encoding"] == "base64"
                after[entry["value"]["path"]] = base64.b64decode(entry["value"]["content"])
            elif entry["key"] == "deletedFile":
                del after[entry["value"]["path"]]
        self.repositories[name].append(after)
        new = self.oid(name, len(self.repositories[name]) - 1)
        url = f"{self.url}/{name}/commit/{new}"
        self._json(request, 200, {"commitUrl": url, "commitOid": new, "hookOutput": "", "success": True})

    def _file(self, request: BaseHTTPRequestHandler, name: str, revision: str, file: str, verb: str) -> None:
        found = self._commit(name, revision)
        if found is None or file not in found[1]:
            return self._json(request, 404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
        oid, files = found
        etag = hashlib.sha1(files[file]).hexdigest()
        self._send(
            request, 200, b"" if verb == "HEAD" else files[file],
            {"ETag": f'"{etag}"', "X-Repo-Commit": oid, "Content-Length": str(len(files[file]))},
        )  # fmt: skip

    def _json(
        self, request: BaseHTTPRequestHandler, code: int, data: Any, headers: dict[str, str] | None = None
    ) -> None:
        body = json.dumps(data).encode()
        told = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
        self._send(request, code, b"" if request.command == "HEAD" else body, told)

    def _send(self, request: BaseHTTPRequestHandler, code: int, body: bytes, headers: dict[str, str]) -> None:
        request.send_response(code)
        for key, value in headers.items():
            request.send_header(key, value)
        request.end_headers()
        request.wfile.write(body)
