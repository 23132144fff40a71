"""The private cluster, on real files and processes: it starts, survives accidents, deletes nothing."""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from app.errors import DatabaseUnavailableError
from app.persistence.cluster import diagnosis, processes
from app.persistence.cluster.binaries import find_binaries
from app.persistence.cluster.guard import locked
from app.persistence.cluster.layout import Layout
from app.persistence.cluster.owner import owner_of
from app.persistence.embedded import EmbeddedCluster
from app.persistence.session import make_engine, transaction
from app.settings import Settings
from tests.app.conftest import Spawn
from tests.conftest import make_store, remove_store

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="il faut être root pour cet essai")


@pytest.fixture(scope="module")
def made() -> Iterator[EmbeddedCluster]:
    """A cluster of this module that its tests may kill and spoil, as long as they repair it."""
    store = make_store()
    cluster = EmbeddedCluster(store)
    cluster.start()
    with connect(cluster) as connection:
        connection.execute("create table witness as select 'gardé' as word")
    yield cluster
    remove_store(store)


@pytest.fixture
def running(made: EmbeddedCluster) -> EmbeddedCluster:
    made.start()
    return made


@pytest.fixture
def stopped(made: EmbeddedCluster) -> EmbeddedCluster:
    made.stop()
    return made


def connect(cluster: EmbeddedCluster) -> psycopg.Connection[tuple[object, ...]]:
    address = make_url(cluster.url()).set(drivername="postgresql")
    return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)


def witness(cluster: EmbeddedCluster) -> object:
    with connect(cluster) as connection:
        row = connection.execute("select word from witness").fetchone()
    return row and row[0]


def kill_postmaster(cluster: EmbeddedCluster) -> int:
    pid = cluster.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while processes.server_pid(cluster.layout.data) is not None:
        time.sleep(0.01)
    return pid


# --- what a good start gives --------------------------------------------------------------------------------


def test_a_started_cluster_has_postgis_utf8_and_checksums(running: EmbeddedCluster) -> None:
    with connect(running) as connection:
        for query, expected in (
            ("select postgis_version() like '3.%'", True),
            ("show server_encoding", "UTF8"),
            ("show data_checksums", "on"),
            ("show fsync", "on"),
            ("show synchronous_commit", "on"),
            ("select lower('ÉPÔNE') = 'épône'", True),  # case in UTF-8
            ("select 'Zoé' < 'École'", True),  # order by code point
        ):
            assert connection.execute(query).fetchone() == (expected,), query


def test_no_port_is_opened(running: EmbeddedCluster) -> None:
    with connect(running) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
    pid = running.status().pid
    inodes = {link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir()}
    listening = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    ]
    assert not [row for row in listening if f"socket:[{row[9]}]" in inodes]


def test_files_and_socket_are_closed_to_others(running: EmbeddedCluster) -> None:
    for folder in (running.layout.data, running.layout.socket_folder(), running.layout.log_file.parent):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.stat().st_uid != 0
    assert running.layout.home.stat().st_mode & 0o007 == 0


def ask_as_nobody(socket_folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/usr/bin/psql", "-h", str(socket_folder), "-U", "accueil30", "-d", "accueil30", "-c", "select 1"],
        user="nobody",
        group="nogroup",
        extra_groups=[],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )


@needs_root
def test_another_user_cannot_come_in(running: EmbeddedCluster) -> None:
    asked = ask_as_nobody(running.layout.socket_folder())
    assert asked.returncode != 0
    assert "Permission denied" in asked.stderr


@needs_root
def test_peer_authentication_stands_behind_the_folder(running: EmbeddedCluster) -> None:
    """Were the folder opened by mistake, a stranger would still be refused."""
    socket_folder = running.layout.socket_folder()
    opened = [running.layout.home, socket_folder]
    modes = [folder.stat().st_mode & 0o777 for folder in opened]
    socket = socket_folder / ".s.PGSQL.5432"
    try:
        for folder in opened:
            folder.chmod(0o755)
        socket.chmod(0o777)
        asked = ask_as_nobody(socket_folder)
    finally:
        socket.chmod(0o700)
        for folder, mode in zip(opened, modes, strict=True):
            folder.chmod(mode)
    assert asked.returncode != 0
    assert "Peer authentication failed" in asked.stderr


def test_start_and_stop_are_idempotent(stopped: EmbeddedCluster) -> None:
    assert stopped.stop() is False
    assert stopped.status().state == "stopped"
    stopped.start()
    pid = stopped.status().pid
    stopped.start()
    assert stopped.status().pid == pid
    assert stopped.stop() is True
    assert stopped.status().pid is None


def test_status_of_nothing_touches_nothing(tmp_path: Path) -> None:
    status = EmbeddedCluster(tmp_path / "absent").status()
    assert (status.state, status.pid, status.major, status.owner) == ("absent", None, None, None)
    assert not (tmp_path / "absent").exists()


def test_the_servers_of_the_caller_do_not_lead_astray(
    running: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGHOST": "/nowhere",
        "PGDATA": "/nowhere",
        "PGDATABASE": "other",
        "PGPORT": "1",
    }.items():
        monkeypatch.setenv(name, value)
    running.stop()
    running.start()
    assert running.status().state == "running"


def test_five_processes_make_one_cluster_in_an_odd_and_long_path(tmp_store: Path, spawn: Spawn) -> None:
    code = (
        "import sys; from pathlib import Path; from app.persistence.embedded import EmbeddedCluster as C\n"
        "c = C(Path(sys.argv[1])); c.start(); print(c.status().pid)"
    )
    store = tmp_store / ('dossier, d\'été "à" $(touch pwned) %41 ' + "x" * 80)
    cluster = EmbeddedCluster(store)
    try:
        started = [spawn(code, str(store)) for _ in range(5)]
        said = [process.communicate(timeout=120) for process in started]
        assert [process.returncode for process in started] == [0] * 5, said
        assert len({out for out, _ in said}) == 1, "one server for all"
        assert [entry.name for entry in store.iterdir()] == ["postgres"], "no folder aside is left"
        assert cluster.layout.socket_folder().stat().st_mode & 0o777 == 0o700
        engine = create_engine(cluster.url())
        with engine.connect() as connection:
            assert connection.execute(text("select 1")).scalar_one() == 1
        engine.dispose()
        assert not list(tmp_store.rglob("pwned"))
    finally:
        cluster.stop()
        shutil.rmtree(cluster.layout.socket_folder(), ignore_errors=True)


# --- accidents ----------------------------------------------------------------------------------------------


def test_a_killed_server_is_started_again_with_its_data(running: EmbeddedCluster) -> None:
    kill_postmaster(running)
    assert running.status().state == "crashed"
    running.start()
    assert witness(running) == "gardé"


def test_orphans_of_a_killed_server_do_not_forbid_the_start(running: EmbeddedCluster) -> None:
    """A backend in the middle of a long computation does not notice the death of its server."""
    busy = connect(running)
    row = busy.execute("select pg_backend_pid()").fetchone()
    assert row is not None
    asked = "do $$ begin for i in 1..2000000000 loop perform i; end loop; end $$"
    busy.pgconn.send_query(asked.encode())
    time.sleep(0.3)
    kill_postmaster(running)
    assert Path(f"/proc/{row[0]}").exists(), "the orphan must live for this test to prove something"
    started = time.monotonic()
    running.start()
    assert witness(running) == "gardé"
    assert time.monotonic() - started < 20


def test_a_dead_pid_left_in_the_file_is_no_obstacle(stopped: EmbeddedCluster) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    leave_pid_file(stopped, dead.pid)
    assert stopped.status().state == "crashed"
    stopped.start()
    assert witness(stopped) == "gardé"


def test_a_pid_given_to_a_stranger_is_no_obstacle(stopped: EmbeddedCluster, caplog: pytest.LogCaptureFixture) -> None:
    """PostgreSQL itself refuses to start here: the stranger is alive and of the same user."""
    owner = owner_of(stopped.layout.data)
    switch = {"user": owner.uid, "group": owner.gid, "extra_groups": []} if os.geteuid() == 0 else {}
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **switch)  # type: ignore[call-overload]
    try:
        leave_pid_file(stopped, stranger.pid)
        assert stopped.status().state == "crashed"
        with caplog.at_level(logging.WARNING):
            stopped.start()
        assert "marques périmées" in caplog.text
        assert stranger.poll() is None, "the stranger is left alone"
        assert witness(stopped) == "gardé"
    finally:
        stranger.kill()
        stranger.wait()


def leave_pid_file(cluster: EmbeddedCluster, pid: int) -> None:
    """What a cut of power leaves: the file of a server that is no more."""
    data = cluster.layout.data
    lines = [
        str(pid),
        str(data),
        "1700000000",
        "5432",
        str(cluster.layout.socket_folder()),
        "",
        "1 1",
        "ready   ",
    ]
    (data / "postmaster.pid").write_text("\n".join(lines) + "\n")
    os.chown(data / "postmaster.pid", data.stat().st_uid, data.stat().st_gid)


def test_a_half_made_cluster_is_made_again_and_says_so(
    tmp_store: Path, spawn: Spawn, caplog: pytest.LogCaptureFixture
) -> None:
    cluster = EmbeddedCluster(tmp_store)
    code = (
        "import sys; from pathlib import Path; from app.persistence.embedded import EmbeddedCluster as C\n"
        "C(Path(sys.argv[1])).start()"
    )
    maker = spawn(code, str(tmp_store))
    while not (cluster.layout.unfinished / "base").exists():  # initdb is at work
        assert maker.poll() is None
        time.sleep(0.005)
    maker.kill()
    maker.communicate()
    for pid in initdb_of(cluster.layout):
        os.kill(pid, signal.SIGKILL)
    assert cluster.layout.unfinished.exists()
    assert not cluster.layout.data.exists(), "a half-made cluster must never have the name of a whole one"
    with caplog.at_level(logging.WARNING):
        cluster.start()
    assert "interrompue" in caplog.text
    assert not cluster.layout.unfinished.exists()
    assert cluster.status().state == "running"


def initdb_of(layout: Layout) -> list[int]:
    """The processes that work on the unfinished files."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink() in (layout.home, layout.unfinished):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_a_database_that_was_not_finished_is_finished(running: EmbeddedCluster) -> None:
    running.create_database("aside")
    with connect(running) as connection:
        connection.execute("create table aside_of_postgis (n int)")
        connection.execute("drop extension postgis")
    running.start()
    with connect(running) as connection:
        assert connection.execute("select postgis_version() is not null").fetchone() == (True,)
    running.drop_database("aside")


@pytest.mark.parametrize("lost", ["PG_VERSION", "global/pg_control"])
def test_an_incomplete_folder_is_refused_and_kept(stopped: EmbeddedCluster, lost: str) -> None:
    path = stopped.layout.data / lost
    aside = path.with_name(path.name + ".aside")
    path.rename(aside)
    before = files_of(stopped.layout.data)
    try:
        with pytest.raises(DatabaseUnavailableError, match="ne l'effacera pas"):
            stopped.start()
        assert files_of(stopped.layout.data) == before
    finally:
        aside.rename(path)


def test_a_damaged_cluster_names_its_log_and_is_kept(stopped: EmbeddedCluster) -> None:
    control = stopped.layout.data / "global" / "pg_control"
    good = control.read_bytes()
    control.write_bytes(bytes([good[0] ^ 0xFF]) + good[1:])
    before = files_of(stopped.layout.data)
    try:
        with pytest.raises(DatabaseUnavailableError) as refused:
            stopped.start()
        assert str(stopped.layout.log_file) in refused.value.detail
        assert "Rien n'a été effacé" in refused.value.detail
        assert files_of(stopped.layout.data) == before
    finally:
        control.write_bytes(good)
    stopped.start()
    assert witness(stopped) == "gardé"


def test_the_cluster_of_another_version_says_which_to_install(stopped: EmbeddedCluster) -> None:
    version = stopped.layout.data / "PG_VERSION"
    good = version.read_text()
    version.write_text("9\n")
    try:
        with pytest.raises(DatabaseUnavailableError, match=r"PostgreSQL 9 .*postgresql-9-postgis-3"):
            stopped.start()
    finally:
        version.write_text(good)


def test_an_unreadable_version_is_said(stopped: EmbeddedCluster) -> None:
    version = stopped.layout.data / "PG_VERSION"
    good = version.read_text()
    version.write_text("\0\0\n")
    try:
        with pytest.raises(DatabaseUnavailableError, match="PG_VERSION est abîmé"):
            stopped.start()
    finally:
        version.write_text(good)


def test_bad_settings_of_the_planner_are_named(stopped: EmbeddedCluster) -> None:
    local = stopped.layout.home / "local.conf"
    local.write_text("shared_buffers = beaucoup\n")
    try:
        with pytest.raises(DatabaseUnavailableError, match="n'a pas pu démarrer"):
            stopped.start()
        local.write_text("work_mem = 33MB\n")
        stopped.start()
        with connect(stopped) as connection:
            assert connection.execute("show work_mem").fetchone() == ("33MB",)
    finally:
        local.unlink()
        stopped.stop()


def files_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# --- disks --------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of its own, of the size asked for in megabytes."""
    if os.geteuid() != 0:
        pytest.skip("il faut être root pour monter un petit disque")
    folder = make_store()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={request.param}m,mode=755", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip(f"cette machine ne laisse pas monter un petit disque : {mounted.stderr.strip()}")
    yield folder
    EmbeddedCluster(folder).stop()
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


@pytest.mark.parametrize("small_disk", [40], indirect=True)
def test_too_small_a_disk_is_refused_before_writing(small_disk: Path) -> None:
    cluster = EmbeddedCluster(small_disk)
    with pytest.raises(DatabaseUnavailableError, match=r"Il reste \d+ Mo .* en demande \d+"):
        cluster.start()
    assert not cluster.layout.unfinished.exists()
    assert cluster.status().state == "absent"


@pytest.mark.parametrize("small_disk", [30], indirect=True)
def test_a_disk_that_fills_up_during_the_making_is_said(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check before cannot see what others write meanwhile: here it is asked for nothing."""
    monkeypatch.setattr(diagnosis, "MAKING_NEEDS_MB", 0)
    with pytest.raises(DatabaseUnavailableError, match="est plein"):
        EmbeddedCluster(small_disk).start()
    assert not (small_disk / "postgres" / "data").exists()


@pytest.mark.parametrize("small_disk", [300], indirect=True)
def test_a_full_disk_is_said_and_the_data_come_back_with_room(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = EmbeddedCluster(small_disk)
    engine = make_engine(Settings(store=small_disk, database_url=None))
    with transaction(engine) as session:
        session.execute(text("create table witness (word text)"))
        session.execute(text("insert into witness values ('gardé')"))
    filler = fill(small_disk)
    with (
        pytest.raises(DatabaseUnavailableError, match="disque de la base est plein"),
        transaction(engine) as session,
    ):
        session.execute(text("create table big as select repeat('x', 1000) from generate_series(1, 100000)"))
    engine.dispose()
    kill_postmaster(cluster)
    with pytest.raises(DatabaseUnavailableError, match="Il reste 0 Mo"):
        cluster.start()
    monkeypatch.setattr(diagnosis, "STARTING_NEEDS_MB", 0)
    with pytest.raises(DatabaseUnavailableError, match="est plein"):
        cluster.start()
    filler.unlink()
    cluster.start()
    assert witness(cluster) == "gardé"


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as out:
        try:
            while True:
                out.write(b"x" * 1_000_000)
        except OSError:
            pass
    return filler


# --- folders ------------------------------------------------------------------------------------------------


def test_a_long_or_odd_path_gets_a_short_private_socket(tmp_store: Path) -> None:
    for odd in ("é" * 60, "x" * 120, "a,b 'c' \"d\" $(touch pwned) %41"):
        layout = Layout(tmp_store / odd / "postgres")
        assert layout.socket_folder().parent == Path("/tmp")
        assert len(os.fsencode(layout.socket_folder() / ".s.PGSQL.5432")) <= 107
    plain = Layout(tmp_store / "postgres")
    assert plain.socket_folder() == plain.home / "run"


def test_a_socket_folder_prepared_by_somebody_else_is_refused(tmp_store: Path) -> None:
    cluster = EmbeddedCluster(tmp_store / ("x" * 120))
    folder = cluster.layout.socket_folder()
    elsewhere = tmp_store / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder.symlink_to(elsewhere)
    try:
        with pytest.raises(DatabaseUnavailableError, match="à lui seul"):
            cluster.start()
    finally:
        folder.unlink()


@needs_root
def test_root_is_told_which_folder_is_closed_to_the_owner(tmp_store: Path) -> None:
    closed = tmp_store / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(DatabaseUnavailableError, match=rf"Le dossier {closed} est fermé .*postgres"):
        EmbeddedCluster(closed / "store").start()


def test_an_ordinary_user_owns_its_cluster_and_strangers_are_told(tmp_store: Path, spawn: Spawn) -> None:
    """As root: the same code under an ordinary name, then under another one."""
    if os.geteuid() != 0:
        cluster = EmbeddedCluster(tmp_store)
        cluster.start()
        assert cluster.status().owner == pwd.getpwuid(os.geteuid()).pw_name
        return
    user = pwd.getpwnam("games")
    os.chown(tmp_store, user.pw_uid, user.pw_gid)
    code = (
        "import os, sys; from pathlib import Path\n"
        "from app.persistence.embedded import EmbeddedCluster as C\n"
        "uid = int(sys.argv[2]); os.setgid(uid); os.setgroups([]); os.setuid(uid)\n"
        "c = C(Path(sys.argv[1])); c.start(); print(c.status().owner, c.status().state)"
    )
    mine = spawn(code, str(tmp_store), str(user.pw_uid))
    assert mine.communicate(timeout=60) == ("games running\n", "")
    other = spawn(code, str(tmp_store), str(pwd.getpwnam("nobody").pw_uid))
    _, said = other.communicate(timeout=60)
    assert other.returncode != 0
    assert "DatabaseUnavailableError" in said
    assert "vous est fermé" in said
    root_too = EmbeddedCluster(tmp_store)
    root_too.start()
    assert root_too.status().owner == "games"
    assert root_too.stop() is True


def test_a_busy_lock_ends_in_a_message(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"), pytest.raises(DatabaseUnavailableError, match="Un autre processus"):  # noqa: SIM117
        with locked(tmp_path / "lock", timeout_s=0.1):
            pass


# --- what is installed --------------------------------------------------------------------------------------


def installed(root: Path, major: int, *, postgis: bool) -> None:
    folder = root / "lib" / "postgresql" / str(major) / "bin"
    folder.mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres"):
        (folder / name).touch(mode=0o755)
    share = root / "share" / "postgresql" / str(major) / "extension"
    share.mkdir(parents=True)
    if postgis:
        (share / "postgis.control").touch()


def test_the_newest_postgresql_with_postgis_is_taken(tmp_path: Path) -> None:
    installed(tmp_path, 9, postgis=True)
    installed(tmp_path, 15, postgis=True)
    installed(tmp_path, 17, postgis=False)
    root = tmp_path / "lib" / "postgresql"
    assert find_binaries(debian_root=root, search_path="/nowhere").major == 15
    assert find_binaries(9, debian_root=root, search_path="/nowhere").major == 9


def test_the_path_is_searched_through_its_links(tmp_path: Path) -> None:
    (tmp_path / "postgres").symlink_to(find_binaries().folder / "postgres")
    found = find_binaries(debian_root=tmp_path / "nothing", search_path=str(tmp_path))
    assert found.folder == find_binaries().folder


def test_nothing_installed_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailableError, match=r"n'est pas installé.*make setup.*apt-get install"):
        find_binaries(debian_root=tmp_path, search_path="/nowhere")
    installed(tmp_path, 15, postgis=False)
    with pytest.raises(DatabaseUnavailableError, match="mais pas son extension PostGIS"):
        find_binaries(debian_root=tmp_path / "lib" / "postgresql", search_path="/nowhere")


def test_a_folder_somebody_has_begun_to_write_in_is_never_replaced(tmp_store: Path) -> None:
    """Many processes make the same cluster's folder at the same instant, and each writes in it at once."""
    script = """
import sys, time
from pathlib import Path
from app.persistence.cluster.layout import Layout, make_home
from app.persistence.cluster.owner import owner_of
layout = Layout(Path(sys.argv[1]) / sys.argv[4] / "postgres")
owner = owner_of(layout.data)
time.sleep(max(0.0, float(sys.argv[3]) - time.time()))
make_home(layout, owner)
(layout.home / sys.argv[2]).write_text("here")
"""
    at = time.time() + 6
    started = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_store), str(n), str(at + 0.05 * (n % 5)), f"s{n % 5}"])
        for n in range(10)
    ]
    assert [process.wait(timeout=60) for process in started] == [0] * 10
    written = sorted(int(path.name) for path in tmp_store.glob("s*/postgres/*") if path.name.isdigit())
    assert written == list(range(10))
