"""A memory of recent answers, each good for one version of the data."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """The most recently used values, up to ``max_bytes`` in all; safe from several threads.

    The version of the data is part of the key: what is kept here can be useless, never wrong.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> Value | None:
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Value, size_bytes: int) -> None:
        """Forgets the least recently used until all fits; a value larger than the memory is not kept."""
        with self._lock:
            self._bytes += size_bytes - self._values.pop(key, (None, 0))[1]
            self._values[key] = (value, size_bytes)
            while self._bytes > self._max_bytes:
                _, (_, dropped_bytes) = self._values.popitem(last=False)
                self._bytes -= dropped_bytes
