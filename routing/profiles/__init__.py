"""The tables of the three modes (``*.toml``), how they are read, and how tags are judged by them."""
