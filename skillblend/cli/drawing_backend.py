"""`MUJOCO_GL` that names nothing on this machine: it fails MuJoCo's import, though only pictures need it."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import MutableMapping

REASON = "SKILLBLEND_NO_DRAWING"
"""Environment variable: why drawing was switched off, for those who would draw."""
_LIBRARIES = {"egl": ("libEGL.so.1", "libEGL.so"), "osmesa": ("libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so")}
_OFF = ("disable", "disabled", "off", "false", "0")
_ON = ("", "enable", "enabled", "on", "true", "1", "glfw")
_SYSTEM = {"linux": ("glx", "egl", "osmesa"), "win32": ("wgl",), "darwin": ("cgl",)}


def switch_off_what_is_missing(environment: MutableMapping[str, str] = os.environ) -> None:
    """Everything but pictures works; before MuJoCo is imported.

    Source: mujoco/rendering/classic/gl_context.py, for what MuJoCo takes.
    """
    chosen = environment.get("MUJOCO_GL", "").strip().lower()
    if chosen in (*_OFF, *_ON):
        return
    allowed = (*_ON[1:], *_SYSTEM.get(sys.platform, ()), *_OFF)
    if chosen not in allowed:
        why = f"MUJOCO_GL={chosen} is none of {', '.join(allowed)}"
    elif chosen in _LIBRARIES and not any(_loads(name) for name in _LIBRARIES[chosen]):
        why = f"MUJOCO_GL={chosen} needs {_LIBRARIES[chosen][0]}, which is not installed"
    else:
        return
    environment["MUJOCO_GL"], environment[REASON] = "disable", why


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
