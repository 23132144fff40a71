"""How the loops over arrays are compiled: once, with a fixed signature, and kept on disk.

A function decorated with ``@compiled(signature)`` is compiled when its module is first imported, never at
the first request. The machine code is kept where Numba first finds a folder it can *write* (a read-only
cache, even a full one, is passed over):

1. ``NUMBA_CACHE_DIR`` when set: the way for a container, filled at build time by importing ``routing.search``
   under the user the service runs as;
2. ``__pycache__`` beside the source;
3. the user's cache folder (``~/.cache/numba``).

With none of the three the code is compiled anew in each process, ten seconds at start, and all the rest is
the same. The cache is also made anew when the source, Numba or the model of the processor changes.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from numba import njit, types

P = ParamSpec("P")
R = TypeVar("R")


def _spare_linear_algebra() -> None:
    """Where scipy is installed (it is not a dependency) Numba loads its linear algebra, which no loop here uses, only
    to know that it is there: a third of a second and 20 MB of every start. Numba also asks at the first ``@`` or
    ``numpy.linalg`` compiled, and finds it then."""
    if "scipy.linalg" in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules["scipy.linalg"] = None  # type: ignore[assignment]  # "not there", to whoever imports it
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        del sys.modules["scipy.linalg"]


_spare_linear_algebra()


def read_only(scalar: types.Type) -> types.Array:
    """The type of a contiguous vector that is only read: takes writable and mapped arrays alike."""
    return types.Array(scalar, 1, "C", readonly=True)


def compiled(signature: object) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile now for ``signature``, outside the interpreter's lock, or take the disk's copy."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        try:
            return njit(signature, cache=True, nogil=True)(function)
        except RuntimeError as error:
            if "cannot cache function" not in str(error):
                raise
            return njit(signature, nogil=True)(function)

    return decorate
