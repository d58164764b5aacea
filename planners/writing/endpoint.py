"""A language model behind an OpenAI-compatible endpoint (`POST .../chat/completions`)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from queue import Empty, Queue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from planners.writing.writer import SECONDS, NothingWrittenError
from skillblend.errors import InputError
from skillblend.files import json_text

KEY = "SKILLBLEND_ENDPOINT_KEY"
"""The environment variable whose value is sent as a bearer token, if it is set."""

LARGEST = 1 << 20
"""Longer answers are not read, bytes."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where an endpoint is.

    Attributes:
        secure: By TLS.
        host, port, path: Of the endpoint; the path without a slash at its end.
        model: What the endpoint calls the model.
    """

    secure: bool
    host: str
    port: int | None
    path: str
    model: str

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{'https' if self.secure else 'http'}://{self.host}{port}{self.path}"


def is_address(where: str) -> bool:
    """Whether `where` is meant as an address."""
    return "://" in where


def parse_address(where: str) -> Address:
    """The address in `where`.

    Raises:
        InputError: It is none of HTTP.
    """
    try:
        parts = urlsplit(where)
        port = parts.port
    except ValueError as error:
        raise InputError(f"endpoint {where!r} is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise InputError(
            f"endpoint {where!r} must look like http://HOST:PORT/v1#MODEL; a key belongs into ${KEY}, not here"
        )
    if not where.isascii() or not where.isprintable() or " " in where:
        raise InputError(f"endpoint {where!r} must be plain ASCII without spaces")
    return Address(
        secure=parts.scheme == "https", host=parts.hostname, port=port, path=parts.path.rstrip("/"),
        model=parts.fragment or "default",
    )  # fmt: skip


class Endpoint:
    """Asks an endpoint, one question a connection.

    Args:
        where: Its address, the model's name behind a `#`.
        seconds: After which nothing is waited for any more, s.
    """

    def __init__(self, where: str, *, seconds: float = SECONDS) -> None:
        self._at = parse_address(where)
        self._seconds = seconds

    def write(self, prompt: str, *, tokens: int) -> str:
        """The endpoint's answer.

        Raises:
            NothingWrittenError: It is down, slow, answers with an error or with something else than an answer.
        """
        body = json_text(
            {
                "model": self._at.model,
                "messages": [{"role": "user", "content": prompt}],
                "temperature": 0,
                "max_tokens": tokens,
            }
        ).encode()
        try:
            status, answer = self._post(body)
        except TimeoutError as error:
            raise NothingWrittenError(f"{self._at} gave no answer within {self._seconds:g} s") from error
        except (OSError, HTTPException, ValueError) as error:
            raise NothingWrittenError(f"{self._at} cannot be asked: {error or type(error).__name__}") from error
        if status != 200:
            raise NothingWrittenError(f"{self._at} answered with status {status}: {_start(answer)}")
        return self._content(answer)

    def _post(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer; a thread waits for it, because a server that drips would hold a robot up."""
        found: Queue[tuple[int, bytes] | Exception] = Queue()
        kind = HTTPSConnection if self._at.secure else HTTPConnection
        connection = kind(self._at.host, self._at.port, timeout=self._seconds)

        def ask() -> None:
            try:
                found.put(self._exchange(connection, body))
            except Exception as error:  # raised again below, in the thread that waits
                found.put(error)
            finally:
                connection.close()

        Thread(target=ask, daemon=True).start()
        try:
            answer = found.get(timeout=self._seconds)
        except Empty:
            raise TimeoutError from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _exchange(self, connection: HTTPConnection, body: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json", "Connection": "close"}
        if key := os.environ.get(KEY):
            headers["Authorization"] = f"Bearer {key}"
        connection.request("POST", f"{self._at.path}/chat/completions", body, headers)
        response = connection.getresponse()
        answer = response.read(LARGEST + 1)
        if len(answer) > LARGEST:
            raise NothingWrittenError(f"{self._at} answered with more than {LARGEST} bytes")
        return response.status, answer

    def _content(self, answer: bytes) -> str:
        try:
            data: Any = json.loads(answer)
            text: Any = data["choices"][0]["message"]["content"]
        except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
            raise NothingWrittenError(f"{self._at} did not answer as an endpoint does: {_start(answer)}") from error
        if not isinstance(text, str):
            raise NothingWrittenError(f"{self._at} did not answer in words: {_start(answer)}")
        return text


def _start(answer: bytes) -> str:
    return repr(answer[:80].decode(errors="replace"))
