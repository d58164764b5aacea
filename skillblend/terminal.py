"""The terminal of `skillblend console`, and of the one over ROS: lines typed, piped or from a script; events shown.

The commands are `skillblend.shell`'s. Instructions are carried out, and questions answered, beside the prompt, so
that `stop` and Ctrl-C act while the robot moves and while models load.
"""

from __future__ import annotations

import gc
import io
import os
import re
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console

from skillblend.draft import Tell
from skillblend.errors import InputError
from skillblend.files import complaint, json_text
from skillblend.interrupts import taken
from skillblend.shell import Shell
from skillblend.tables import decision_record, decision_table

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings

AGAIN = 2.0
"""A second Ctrl-C within so long, s, leaves."""

PROMPT = "> "

SWITCH = 0.001
"""How long a thread may keep the interpreter from the one that reads keys, s: Python's own 5 ms add up."""

RARELY = 1_000_000
"""Middle collections before Python looks through all objects: with models loaded that keeps the interpreter from the
thread that reads keys for a quarter of a second, and for longer on a busy machine."""

Behind = Callable[[str, Console], None]
"""Prints what stands behind the decision on an instruction."""

_STYLES = {
    "error": "red", "fault": "red", "fallen": "red", "stopped": "bold", "stopping": "bold", "hint": "yellow",
    "ask": "bold", "refused": "yellow",
}  # fmt: skip


def greet(out: Console, where: str) -> None:
    """Who listens, and how to begin."""
    out.print(
        f"{where}. Type an instruction, `say` for examples, `help` for commands; stop or Ctrl-C stops the robot.",
        markup=False, highlight=False,
    )  # fmt: skip


def telling(out: Console, behind: Behind | None = None, *, as_json: bool = False, verbose: bool = False) -> Tell:
    """What puts events on the screen, or on standard output as JSON; `behind` adds to what `explain` shows."""

    def tell(kind: str, text: str, data: Mapping[str, Any]) -> None:
        decision = data.get("decision")
        if as_json:
            found = {"decision": decision_record(decision)} if decision is not None else dict(data)
            print(json_text({"event": kind, "text": text} | found), flush=True)
            return
        if decision is not None and (kind == "explain" or verbose):
            out.print(decision_table(decision, 0.0, rows=12))
            if kind == "explain" and behind is not None:
                behind(decision.instruction, out)
            return
        out.print(text, style=_STYLES.get(kind), markup=False, highlight=False, soft_wrap=False)

    return tell


def history(path: Path) -> History:
    """What was typed, kept in `path` from session to session; in memory where that cannot be written."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.open("ab").close()
    except OSError:
        return InMemoryHistory()
    return FileHistory(path)


def read_script(path: Path) -> list[str]:
    """The lines of a script; those that begin with ``#`` are remarks.

    Raises:
        InputError: It cannot be read, or is no text.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = complaint(error) if isinstance(error, OSError) else "it is no text in UTF-8"
        raise InputError(
            f"cannot read the script {path}: {why}; give a file with one line for each command"
        ) from error
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def listen(shell: Shell, words: Sequence[str], past: str, script: Sequence[str] | None = None) -> int:
    """Follow `script`, or without one what is typed, until the end; 1 where a script's line was not achieved.

    Args:
        shell: Acts on lines.
        words: That the prompt completes.
        past: Name of the file in the state folder that keeps what is typed.
        script: Its lines.
    """
    if script is None:
        converse(shell, words, history(state_folder() / past))
        return 0
    follow_script(shell, script)
    return 1 if shell.failed else 0


def follow_script(shell: Shell, lines: Iterable[str]) -> None:
    """Carry out `lines`, each after the one before it has ended."""
    remaining = iter(lines)

    def read() -> str:
        line = next(remaining, None)
        if line is None:
            raise EOFError
        return line

    _follow(shell, read)


def converse(shell: Shell, words: Sequence[str], past: History) -> None:
    """Pass on lines until the person leaves.

    Ctrl-C stops the robot while it does something; else it clears the line, and leaves when it comes twice. Lines
    that nobody types, from a pipe or a file, wait for one another; Ctrl-C leaves at once where nothing goes on.
    """
    if not sys.stdin.isatty():
        _follow(shell, _lines(sys.stdin))
        return
    from prompt_toolkit import PromptSession
    from prompt_toolkit.patch_stdout import patch_stdout

    typing = _Typing(shell)
    prompt: PromptSession[str] = PromptSession(
        history=past, completer=phrase_completer(words), complete_while_typing=False,
        bottom_toolbar=lambda: toolbar(shell), refresh_interval=0.25, key_bindings=typing.keys(),
    )  # fmt: skip
    before, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(SWITCH)
    gc.set_threshold(thresholds[0], thresholds[1], RARELY)  # `skillblend.playing` collects where nothing moves
    try:
        with patch_stdout(raw=True):
            typing.run(prompt)
    finally:
        sys.setswitchinterval(before)
        gc.set_threshold(*thresholds)


def toolbar(shell: Shell) -> str:
    """What goes on and how to stop it, in as many lines as it takes where the terminal is narrow."""
    from prompt_toolkit.application import get_app_session

    return textwrap.fill(shell.status(), max(get_app_session().output.get_size().columns, 10))


class _Typing:
    """What keys do. One prompt reads all lines: between two prompts, what is typed could be lost, "stop" too."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._latest = -AGAIN

    def run(self, prompt: PromptSession[str]) -> None:
        """Read keys until the person leaves."""
        shell = self._shell
        while not shell.over:
            try:
                prompt.prompt(PROMPT)
            except EOFError:
                break
            except KeyboardInterrupt as interruption:  # a signal, not a key
                if not taken(interruption):
                    raise
                if self._interrupted():
                    break
        shell.leave()

    def keys(self) -> KeyBindings:
        """Enter passes the line on, Ctrl-C stops or clears; neither leaves the prompt."""
        from prompt_toolkit.key_binding import KeyBindings

        keys = KeyBindings()

        @keys.add("enter")
        @keys.add("c-j")
        def accept(event: Any) -> None:  # pyright: ignore[reportUnusedFunction] - called by its key
            line = event.current_buffer.text
            event.current_buffer.append_to_history()
            event.current_buffer.reset()
            self._shell.line(line)
            print(f"{PROMPT}{line}")  # it stays on the screen
            if self._shell.over:
                event.app.exit(result="")

        @keys.add("c-c")
        def interrupt(event: Any) -> None:  # pyright: ignore[reportUnusedFunction] - called by its key
            idle = not self._shell.busy and self._shell.draft is None
            if self._interrupted():
                event.app.exit(result="")
            if idle:
                event.current_buffer.reset()

        return keys

    def _interrupted(self) -> bool:
        """Stop what goes on; whether the person wants to leave."""
        shell = self._shell
        if shell.busy or shell.draft is not None:
            shell.stop()
            return False
        if time.monotonic() - self._latest < AGAIN:
            shell.over = True
            return True
        self._latest = time.monotonic()
        shell.say("hint", "the line is cleared; Ctrl-C once more leaves")
        return False


def phrase_completer(phrases: Sequence[str]) -> Completer:
    """Completes phrases wherever they begin in the line."""
    from prompt_toolkit.completion import Completer, Completion

    known = [(phrase, phrase.casefold()) for phrase in dict.fromkeys(phrases)]

    class Phrases(Completer):
        def get_completions(self, document: Any, complete_event: Any) -> Iterable[Completion]:
            del complete_event
            text = document.text_before_cursor
            for begin in (match.start() for match in re.finditer(r"(?<!\S)\S", text)):
                typed = text[begin:].casefold()
                fitting = [phrase for phrase, folded in known if folded.startswith(typed)]
                if fitting:
                    yield from (Completion(phrase, start_position=-len(typed)) for phrase in fitting)
                    return

    return Phrases()


def _follow(shell: Shell, read: Callable[[], str]) -> None:
    """Pass on what `read` gives, each line after the one before has ended, until it raises `EOFError`."""
    line: str | None = None
    while not shell.over:
        try:
            if line is None:
                line = read()
                shell.line(line)
            shell.wait()
            _decline(shell)
            line = None
        except EOFError:
            break
        except KeyboardInterrupt as interruption:
            if not taken(interruption):
                raise
            if not shell.busy:
                break
            shell.stop()
    shell.leave()


def _decline(shell: Shell) -> None:
    """Nobody is there to say yes to a plan."""
    if shell.draft is not None:
        shell.say(
            "declined", f"not begun, for nobody said yes to it: {shell.draft.risk}; --yes begins it all the same"
        )
        shell.draft = None
        shell.failed += 1


def _lines(stream: TextIO) -> Callable[[], str]:
    """The next line of `stream`, which is no terminal; bytes that are no text become question marks."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")

    def read() -> str:
        line = stream.readline()
        if not line:
            raise EOFError
        return line.rstrip("\n")

    return read


def state_folder() -> Path:
    """Where what a person typed is kept between sessions; it may not exist yet, and without a home it cannot.

    Source: XDG Base Directory Specification, XDG_STATE_HOME.
    """
    named = os.environ.get("XDG_STATE_HOME", "")
    try:
        base = Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "state"
    except RuntimeError:  # no HOME, and nobody's entry in the password database
        return Path(os.devnull) / "skillblend"
    return base / "skillblend"
