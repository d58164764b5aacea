"""The controls of the browser view: a line for instructions, buttons, and what a `skillblend.board.Board` shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skillblend.board import Orders, Sheet
from skillblend.contracts import Thing

MARGIN = 0.04
"""How far the highlight stands off its thing, m."""

_GREEN = (40, 200, 90)
_LEAST = 0.06
"""No side of a highlight is shorter, m."""


class Page:
    """Controls in the side panel of a viser server; made before what else is to be below them.

    Attributes:
        field: For a line of text.
        buttons: By name: go, stop, and a row of pause, resume and reset.
    """

    def __init__(self, server: Any, orders: Callable[[], Orders]) -> None:
        """Show controls that carry out `orders`, which are asked for at each click."""
        self._server = server
        gui = server.gui
        gui.configure_theme(control_width="large", show_logo=False, show_share_button=False)
        with gui.add_form(None) as form:
            self.field = gui.add_text("say", "", hint="an instruction in English, or a command of the console; Enter")
            go = gui.add_button("go", color="green")
        halt = gui.add_button("stop", color="red")
        row = gui.add_button_group("", ("pause", "resume", "reset"))
        go.on_click(lambda event: self._send(orders()))
        form.on_submit(lambda event: self._send(orders()))
        halt.on_click(lambda event: orders().stop())
        row.on_click(lambda event: getattr(orders(), event.target.value)())
        self.buttons = {"go": go, "stop": halt, "row": row}
        self._parts = {name: gui.add_html("") for name in ("status", "steps", "notes")}
        with gui.add_folder("why"):
            self._parts["decision"] = gui.add_html("")
        self._target: tuple[Any, Any] | None = None
        self._shown = ""

    def _send(self, orders: Orders) -> None:
        text, self.field.value = self.field.value, ""
        orders.line(text)

    def show(self, sheet: Sheet) -> None:
        """Put what is new of `sheet` on the page."""
        for name, part in self._parts.items():
            html = getattr(sheet, name)
            if part.content != html:
                part.content = html

    def highlight(self, thing: Thing | None) -> None:
        """Mark `thing`, where it is now (its first robot's), in the scene, and nothing else."""
        name = "" if thing is None or thing.pose is None else thing.name
        if name != self._shown and self._target is not None:
            for handle in self._target:
                handle.remove()
            self._target = None
        self._shown = name
        if thing is None or thing.pose is None:
            return
        x, y, z, *turn = (float(value) for value in thing.pose[0])
        top = z + max(thing.size[2] / 2, 0.0) + 0.25
        if self._target is None:
            scene, size = self._server.scene, tuple(max(side + 2 * MARGIN, _LEAST) for side in thing.size)
            box = scene.add_box(
                "/fixed_bodies/target", color=_GREEN, dimensions=size, opacity=0.35, side="double",
                cast_shadow=False, receive_shadow=False,
            )  # fmt: skip
            self._target = (box, scene.add_label("/fixed_bodies/target name", thing.name, anchor="bottom-center"))
        box, label = self._target
        box.position, box.wxyz = (x, y, z), tuple(turn)
        label.position = (x, y, top)
