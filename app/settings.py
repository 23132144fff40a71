"""Settings of one service, read from the environment (prefix ``ACCUEIL30_``) when asked, never at import."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_PACKAGE_ROOT = Path(__file__).resolve().parent


def default_store() -> Path:
    """Where artefacts and the embedded database live when nothing is said.

    Root's home is closed to the unprivileged user who owns the cluster, hence /var/lib for root.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/accueil30")
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "accueil30"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ACCUEIL30_", env_ignore_empty=True, extra="ignore")

    database_url: str | None = Field(default=None, description="Your own PostgreSQL; empty: the embedded cluster")
    store: Path = Field(default_factory=default_store, description="Road graphs, raw files, embedded cluster")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    label: str = Field(
        default="premier accueil social inconditionnel de proximité",
        description="What the département calls it (PASIP, ASIP...): local usage, hence configuration",
    )
    funding_class_thresholds: tuple[int, int] | None = Field(
        default=None,
        description="Populations that part the three classes of the State's flat rate. No source read so far "
        "publishes them: unset until the département copies them from its own instruction",
    )
    basemap_tiles_url: str | None = Field(
        default=None, description="Outside raster base map (https://.../{z}/{x}/{y}.png); none by default"
    )
    basemap_attribution: str = ""
    pool_size: int = Field(default=20, ge=1, le=200)

    @field_validator("store")
    @classmethod
    def _store_outside_the_package(cls, store: Path) -> Path:
        resolved = store.expanduser().resolve()
        if resolved == _PACKAGE_ROOT.parent or _PACKAGE_ROOT in (resolved, *resolved.parents):
            raise ValueError(
                f"ACCUEIL30_STORE={store} est dans le code du service ; choisissez un dossier à part, "
                "par exemple /var/lib/accueil30"
            )
        return resolved

    @field_validator("funding_class_thresholds")
    @classmethod
    def _thresholds_increase(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value is not None and not 0 < value[0] < value[1]:
            raise ValueError(
                f"seuils reçus {value} ; attendu : deux populations croissantes, par exemple [300000, 700000]"
            )
        return value
