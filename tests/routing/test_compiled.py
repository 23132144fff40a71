"""The compiled loops: nothing is compiled at the first call, with a cache or without one."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from typing import Any

import numpy as np
from numba import int64, types
from numba.core.dispatcher import Dispatcher

import routing
from routing.compiled import compiled, read_only
from routing.search import times_to_sites
from tests.routing.worlds import at, grid_world

MODULES = [importlib.import_module(f"routing.{module.name}") for module in pkgutil.iter_modules(routing.__path__)]
LOOPS: list[Any] = [
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, Dispatcher) and value.__module__ == module.__name__
]


def test_each_loop_has_one_signature_from_the_import_on_and_no_other_after_use() -> None:
    times_to_sites(grid_world(3), at((0, 0.0)))
    assert len(LOOPS) >= 5
    for loop in LOOPS:
        assert len(loop.signatures) == 1, loop
        assert not loop._can_compile, loop  # a call of another type is refused, not compiled


def test_without_any_place_for_a_cache_the_loop_is_compiled_all_the_same() -> None:
    scope: dict[str, Any] = {}
    exec("def total(values):\n    return values.sum()", scope)  # a function with no file has no cache
    total: Any = compiled(int64(read_only(int64)))(scope["total"])
    assert total(np.arange(5)) == 10
    assert isinstance(read_only(int64), types.Array)


def test_read_only_arrays_need_no_other_machine_code() -> None:
    frozen = np.arange(5)
    frozen.setflags(write=False)
    scope: dict[str, Any] = {}
    exec("def total(values):\n    return values.sum()", scope)
    total: Any = compiled(int64(read_only(int64)))(scope["total"])
    assert total(frozen) == total(frozen.copy()) == 10


def test_start_without_scipy_which_stays_usable() -> None:
    code = "import routing.search, sys; assert 'scipy.linalg' not in sys.modules; import scipy.linalg.cython_blas"
    subprocess.run([sys.executable, "-c", code], check=True)
