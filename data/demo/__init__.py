"""The fictional demonstration département: code "00", in mid-ocean, said to be fictional everywhere."""

from __future__ import annotations

from data.demo.files import DemoFiles, write_demo

__all__ = ["DemoFiles", "write_demo"]
