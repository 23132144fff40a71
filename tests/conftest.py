"""What every test may ask for: a real PostGIS, a database of its worker, a session rolled back, the real
data.

One private cluster serves all the workers of a run (1.9 s once, against 1.9 s and 70 MB for each of them);
each worker has its own database, made by running the migrations.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.persistence.cluster.layout import make_home
from app.persistence.cluster.owner import owner_of
from app.persistence.embedded import EmbeddedCluster
from app.persistence.migrate import upgrade
from app.persistence.models import Base
from app.persistence.session import make_engine
from app.settings import Settings

_PREFIX = "accueil30-tests-"
_STORE_KEY = "accueil30_store"
_PROJECT = Path(__file__).resolve().parent.parent
# Nothing here outlives the run: no need to wait for the disk.
_FAST = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


def pytest_configure(config: pytest.Config) -> None:
    """The process that leads the run chooses where the cluster will be; workers are told."""
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        setattr(config, _STORE_KEY, Path(worker[_STORE_KEY]))
        return
    _sweep_killed_runs()
    setattr(config, _STORE_KEY, make_store(f"{_PREFIX}{os.getpid()}-"))
    # A polite kill is an interruption like Ctrl-C: the cluster must be stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Called by pytest-xdist for each worker it starts."""
    node.workerinput[_STORE_KEY] = str(getattr(node.config, _STORE_KEY))


def pytest_unconfigure(config: pytest.Config) -> None:
    if getattr(config, "workerinput", None) is None and hasattr(config, _STORE_KEY):
        remove_store(getattr(config, _STORE_KEY))


def make_store(prefix: str = "accueil30-store-") -> Path:
    """A new folder that the cluster's own user can walk into (under root, tmp_path is closed to it)."""
    store = Path(tempfile.mkdtemp(prefix=prefix))
    store.chmod(0o755)
    return store


def remove_store(store: Path) -> None:
    """Stop the cluster of a test's store, if there is one, and delete the whole."""
    if (store / "postgres").exists():
        cluster = EmbeddedCluster(store)
        cluster.stop()
        if not cluster.layout.socket_folder().is_relative_to(store):
            shutil.rmtree(cluster.layout.socket_folder(), ignore_errors=True)
    shutil.rmtree(store, ignore_errors=True)


def _sweep_killed_runs() -> None:
    """End what a run killed without warning left behind: only ours, only when its leader is dead."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        leader = left.name.removeprefix(_PREFIX).split("-")[0]
        if leader.isdigit() and left.stat().st_uid == os.geteuid() and not Path(f"/proc/{leader}").exists():
            remove_store(left)


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> EmbeddedCluster:
    """The running cluster of this test run, shared by its workers."""
    shared = EmbeddedCluster(getattr(request.config, _STORE_KEY))
    make_home(shared.layout, owner_of(shared.layout.data))
    (shared.layout.home / "local.conf").write_text(_FAST, encoding="utf-8")
    shared.start()
    return shared


@pytest.fixture(scope="session")
def settings(cluster: EmbeddedCluster, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a service on this worker's own database and a store of its own."""
    database = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    cluster.create_database(database)
    store = tmp_path_factory.mktemp("store")
    return Settings(database_url=cluster.url(database), store=store, pool_size=5)


@pytest.fixture(scope="session")
def engine(settings: Settings) -> Iterator[Engine]:
    """The engine of this worker's database, made by running the migrations."""
    made = make_engine(settings)
    upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose work is undone after the test, even what the code under test commits."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as opened:
            yield opened
        outer.rollback()


@pytest.fixture
def clean_engine(engine: Engine) -> Iterator[Engine]:
    """For code that opens its own transactions (API, command line): all is emptied after the test."""
    yield engine
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"truncate {names} restart identity cascade"))


@pytest.fixture
def tmp_store() -> Iterator[Path]:
    """A folder of this test for an embedded cluster, which is stopped and deleted afterwards."""
    store = make_store()
    yield store
    remove_store(store)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real data; the test is skipped, saying so, where there is none."""
    folder = Path(os.environ.get("ACCUEIL30_REAL_DATA") or _PROJECT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"pas de données réelles dans {folder} (ACCUEIL30_REAL_DATA les désigne)")
    return folder
