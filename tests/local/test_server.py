"""Starting, finding, stopping and killing the local AWS."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from meridian import paths
from meridian.errors import CouldNotTell, OperationFailed, UserError
from meridian.local import child, locks, ports, server
from meridian.local.down import down
from meridian.targets import Target
from tests.local.conftest import ACCOUNT, as_role, environment, node_package

Start = Callable[..., Target]
DEV = environment()


def alive(pid: int) -> bool:
    """Return whether a process still runs."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_restart_restores_the_state_at_the_same_port(root: Path, start: Start) -> None:
    """URLs in Terraform states carry the port, so it is chosen once."""
    target = start()
    target.client("ssm").put_parameter(Name="kept", Value="yes", Type="String")
    target.client("s3").create_bucket(Bucket="kept")
    target.client("s3").put_object(Bucket="kept", Key="k", Body=b"v")
    first = server.find_server(root, DEV)
    assert first is not None
    assert server.stop_server(root, "dev")
    assert server.find_server(root, DEV) is None
    assert not alive(first.pid)
    again = start()
    assert again.endpoint == target.endpoint == f"http://127.0.0.1:{first.port}"
    assert again.client("ssm").get_parameter(Name="kept")["Parameter"]["Value"] == "yes"
    assert again.client("s3").get_object(Bucket="kept", Key="k")["Body"].read() == b"v"


def test_two_starts_at_once_make_one_server(root: Path) -> None:
    """The second waits for its turn and finds the first."""
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda _: server.start_server(root, DEV), range(3)))
    assert sorted(running.started for running in found) == [False, False, True]
    assert len({running.pid for running in found}) == 1


def test_it_listens_on_loopback_only(root: Path) -> None:
    """No other machine can reach it."""
    running = server.start_server(root, DEV)
    process = psutil.Process(running.pid)
    family = [process, *process.children(recursive=True)]
    heard = {c.laddr for p in family for c in p.net_connections() if c.status in {psutil.CONN_LISTEN, psutil.CONN_NONE}}
    assert heard == {("127.0.0.1", running.port)}


def test_the_callers_environment_does_not_reach_it(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions inherit its environment, so it holds no profile, endpoint, proxy or secret."""
    foreign = {"AWS_PROFILE": "prod", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"}
    for name, value in (foreign | {"HTTP_PROXY": "http://127.0.0.1:1", "MY_TOKEN": "secret", "LD_X": "1"}).items():
        monkeypatch.setenv(name, value)
    target = start()
    as_role(target, "executor")
    target.client("lambda").create_function(
        FunctionName="env",
        Role=f"arn:aws:iam::{ACCOUNT}:role/executor",
        Runtime="nodejs22.x",
        Handler="index.handler",
        Code={"ZipFile": node_package("export const handler = async () => process.env")},
    )
    seen = json.loads(target.client("lambda").invoke(FunctionName="env")["Payload"].read())
    assert seen["AWS_ENDPOINT_URL"] == target.endpoint
    assert seen["NO_PROXY"] == "127.0.0.1,localhost,.localhost"
    assert not {"AWS_PROFILE", "HTTP_PROXY", "HTTPS_PROXY", "MY_TOKEN", "LD_X"} & seen.keys()


def test_a_start_after_a_kill_cleans_up_and_prints_it(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Unsaved state is lost; the next start prints that and works."""
    first = server.start_server(root, DEV)
    os.kill(first.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first.pid)], timeout=5)
    (first.state_dir / "tmp/leftover").touch()
    assert server.find_server(root, DEV) is None
    second = server.start_server(root, DEV)
    assert (second.started, second.port) == (True, first.port)
    assert "ended before it could save" in capfd.readouterr().err
    assert not (first.state_dir / "tmp/leftover").exists()
    server.stop_server(root, "dev")
    server.start_server(root, DEV)
    assert "before it could save" not in capfd.readouterr().err


def test_a_start_after_a_kill_restores_the_state_of_the_last_start(root: Path, start: Start) -> None:
    """S3 writes at once, the rest at an orderly end: states newer than their resources fail every apply."""

    def make(target: Target, value: str) -> None:
        target.client("ssm").put_parameter(Name="made", Value=value, Type="String", Overwrite=True)
        target.client("s3").put_object(Bucket="states", Key="k", Body=value.encode())

    target = start()
    target.client("s3").create_bucket(Bucket="states")
    make(target, "saved")
    server.stop_server(root, "dev")
    target = start()
    for value in ("lost", "lost again"):
        make(target, value)
        target.client("s3").put_object(Bucket="states", Key=value, Body=b"")
        running = server.find_server(root, DEV)
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        target = start()
        kept = target.client("s3").list_objects_v2(Bucket="states")["Contents"]
        assert [entry["Key"] for entry in kept] == ["k"]
        assert target.client("s3").get_object(Bucket="states", Key="k")["Body"].read() == b"saved"
        assert target.client("ssm").get_parameter(Name="made")["Parameter"]["Value"] == "saved"


def test_a_kill_in_the_first_run_leaves_no_state(root: Path, start: Start) -> None:
    """There is no earlier state to restore, so objects that S3 wrote are deleted too."""
    start().client("s3").create_bucket(Bucket="states")
    running = server.find_server(root, DEV)
    assert running is not None
    (running.state_dir / "s3/states").mkdir(exist_ok=True)
    (running.state_dir / "s3/states/orphan").touch()
    os.kill(running.pid, signal.SIGKILL)
    assert start().client("s3").list_buckets()["Buckets"] == []
    assert not (running.state_dir / "s3/states").exists()


def test_a_failed_save_is_exit_4_and_restores_the_earlier_state(root: Path, start: Start) -> None:
    """Half of a state is never used; a folder in the way acts as the full disk."""
    target = start()
    target.client("ssm").put_parameter(Name="old", Value="x", Type="String")
    server.stop_server(root, "dev")
    target = start()
    target.client("ssm").put_parameter(Name="new", Value="x", Type="String")
    state = paths.state_dir(root, "dev") / "state/ssm.json"
    state.unlink()
    state.mkdir()
    with pytest.raises(OperationFailed, match=r"could not save its state:\n.*ssm") as caught:
        server.stop_server(root, "dev")
    assert "Make room" in caught.value.hint
    assert server.find_server(root, DEV) is None
    names = [found["Name"] for found in start().client("ssm").describe_parameters()["Parameters"]]
    assert names == ["old"]


def test_a_copy_that_cannot_be_made_stops_the_start(root: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing starts without a copy to restore."""
    start().client("ssm").put_parameter(Name="old", Value="x", Type="String")
    server.stop_server(root, "dev")

    def full(source: str, to: str) -> None:
        raise OSError(28, "No space left on device", to)

    monkeypatch.setattr("shutil.copytree.__defaults__", (False, None, full, False, False))
    with pytest.raises(OperationFailed, match=r"at-start.*No space left on device"):
        server.start_server(root, DEV)
    assert server.find_server(root, DEV) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00\x00"])
def test_a_damaged_record_counts_as_a_kill(root: Path, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A full disk or a crash may leave half a record."""
    folder = paths.state_dir(root, "dev")
    folder.mkdir(parents=True)
    (folder / "process.json").write_text(text)
    assert server.start_server(root, DEV).started
    assert "ended before it could save" in capfd.readouterr().err


@contextmanager
def listener(port: int) -> Any:
    """Listen on a port, as some other program would."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield


def test_a_port_in_use_is_reported_with_its_process(root: Path) -> None:
    """Another port would make every URL in the states wrong, so the start fails."""
    first = server.start_server(root, DEV)
    server.stop_server(root, "dev")
    with listener(first.port), pytest.raises(OperationFailed) as caught:
        server.start_server(root, DEV)
    assert f"Port {first.port} " in caught.value.message
    assert f"process {os.getpid()} (" in caught.value.message
    assert str(first.state_dir) in caught.value.hint


def test_a_port_that_another_local_aws_keeps_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """That one may be stopped and start again."""
    monkeypatch.setattr(ports.random, "sample", lambda candidates, count: [20001, 20002])
    monkeypatch.setattr(ports, "is_free", lambda port: True)
    assert ports.choose_port([20001]) == 20002
    with pytest.raises(OperationFailed, match="No free port"):
        ports.choose_port([20001, 20002])


def test_a_failed_start_names_the_log_and_leaves_no_process(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log's last lines are in the hint."""
    real = child.environ
    monkeypatch.setattr(child, "environ", lambda *args: real(*args) | {"GATEWAY_PORT": "nonsense"})
    with pytest.raises(
        OperationFailed, match=r"ended while starting \(exit code 1\); its log is .*emulator\.log"
    ) as caught:
        server.start_server(root, DEV)
    assert "ValueError" in caught.value.hint
    assert server.find_server(root, DEV) is None


@pytest.mark.parametrize("ending", [KeyboardInterrupt, None], ids=["interrupted", "silent"])
def test_a_start_that_does_not_finish_leaves_nothing_running(
    root: Path, monkeypatch: pytest.MonkeyPatch, ending: type[BaseException] | None
) -> None:
    """Neither after Ctrl-C nor after the time is up."""
    started: list[psutil.Process] = []

    def answers(port: int, token: str, lives: Callable[[], bool]) -> bool:
        # Right after its exec a process has no command line yet.
        until = time.monotonic() + 10
        while not started and time.monotonic() < until:
            mine = [one for one in psutil.Process().children() if alive(one.pid) and token in one.cmdline()]
            started.extend(mine)
        if ending:
            raise ending
        return False

    monkeypatch.setattr(child, "is_answering", answers)
    with pytest.raises(ending or OperationFailed):
        server.start_server(root, DEV)
    assert started
    assert not [process for process in started if alive(process.pid)]
    assert locks.read_holder(paths.state_dir(root, "dev") / "process.json") is None


def test_one_that_hangs_is_reported_and_then_killed(
    root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """`find` raises for a server that does not answer; `stop` kills it and prints that."""
    running = server.start_server(root, DEV)
    os.kill(running.pid, signal.SIGSTOP)
    monkeypatch.setattr(child, "START_SECONDS", 0.2)
    monkeypatch.setattr(child, "HEALTH_SECONDS", 0.2)
    monkeypatch.setattr(child, "STOP_SECONDS", 0.3)
    with pytest.raises(OperationFailed, match=f"process {running.pid}.* does not answer"):
        server.find_server(root, DEV)
    assert server.stop_server(root, "dev")
    assert "is killed; unsaved state is lost" in capfd.readouterr().err
    assert not alive(running.pid)


def test_a_recycled_process_id_is_never_ended(root: Path) -> None:
    """A record without a holder names a process that is not the emulator any more."""
    folder = paths.state_dir(root, "dev")
    folder.mkdir(parents=True)
    (folder / "process.json").write_text(json.dumps({"pid": os.getpid(), "token": "x"}))
    assert server.find_server(root, DEV) is None
    assert not server.stop_server(root, "dev"), "and this process is still here to say so"


def test_another_account_in_the_inventory_is_refused(root: Path) -> None:
    """The state belongs to one account."""
    server.start_server(root, DEV)
    other = environment(account="100000000009")
    for call in (server.find_server, server.start_server):
        with pytest.raises(UserError, match="belongs to account 100000000001, the inventory now names 100000000009"):
            call(root, other)


@pytest.mark.parametrize("port", [None, "20001", 0, 65536])
def test_a_damaged_instance_is_refused_and_does_not_stop_others(root: Path, port: Any) -> None:
    """The URLs in its states would be wrong at another port."""
    running = server.start_server(root, DEV)
    server.stop_server(root, "dev")
    text = "{" if port is None else json.dumps({"port": port, "account_id": ACCOUNT})
    (running.state_dir / "instance.json").write_text(text)
    with pytest.raises(UserError, match=r"instance\.json is missing or damaged"):
        server.start_server(root, DEV)
    assert server.start_server(root, environment("staging")).started


def test_down_prints_each_result_and_forget_deletes_the_state(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """`down` without a running one succeeds."""
    running = server.start_server(root, DEV)
    assert server.list_environments(root) == ["dev"]
    assert down("staging", root=root, forget=False) == 0
    assert "staging: no local AWS exists." in capfd.readouterr().err
    assert down("", root=root, forget=False) == 0
    assert "stop the local AWS of dev:" in capfd.readouterr().err
    assert running.state_dir.is_dir()
    assert down("dev", root=root, forget=True) == 0
    assert "dev: it was not running." in capfd.readouterr().err
    assert not running.state_dir.exists()
    assert server.list_environments(root) == []
    assert down("", root=root, forget=False) == 0
    assert "This checkout has no local AWS." in capfd.readouterr().err


def test_waiting_for_another_command_ends(tmp_path: Path) -> None:
    """A held lock is exit 3."""
    with locks.exclusive(tmp_path / "lock", 0), pytest.raises(CouldNotTell, match="has held"):  # noqa: SIM117
        with locks.exclusive(tmp_path / "lock", 0.1):
            pass


def test_a_record_has_one_holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two emulators can never share one state folder."""
    monkeypatch.setattr(locks, "SETTLE_SECONDS", 0.1)
    path = tmp_path / "process.json"
    with locks.record(path, {"pid": 1}):
        assert locks.read_holder(path) == {"pid": 1}
        with pytest.raises(OperationFailed, match="held by another process"), locks.record(path, {"pid": 2}):
            pass
