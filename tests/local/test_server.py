"""The life of a local AWS: found, stopped, started again, and in everybody's way."""

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
from meridian.local import child, command, locks, ports, server
from meridian.targets import Target
from tests.local.conftest import ACCOUNT, as_role, environment, node_package

Start = Callable[..., Target]
DEV = environment()


def alive(pid: int) -> bool:
    """Say whether a process does anything still."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_what_a_stopped_one_held_is_there_again_at_the_same_port(root: Path, start: Start) -> None:
    """URLs in Terraform states carry the port, so it is chosen once."""
    target = start()
    target.client("ssm").put_parameter(Name="kept", Value="yes", Type="String")
    target.client("s3").create_bucket(Bucket="kept")
    target.client("s3").put_object(Bucket="kept", Key="k", Body=b"v")
    first = server.find(root, DEV)
    assert first is not None
    assert server.stop(root, "dev")
    assert server.find(root, DEV) is None
    assert not alive(first.pid)
    again = start()
    assert again.endpoint == target.endpoint == f"http://127.0.0.1:{first.port}"
    assert again.client("ssm").get_parameter(Name="kept")["Parameter"]["Value"] == "yes"
    assert again.client("s3").get_object(Bucket="kept", Key="k")["Body"].read() == b"v"


def test_two_starts_at_once_make_one_server(root: Path) -> None:
    """The second waits for its turn and finds the first."""
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda _: server.start(root, DEV), range(3)))
    assert sorted(running.started for running in found) == [False, False, True]
    assert len({running.pid for running in found}) == 1


def test_it_listens_on_loopback_only(root: Path) -> None:
    """No other machine can reach it."""
    running = server.start(root, DEV)
    process = psutil.Process(running.pid)
    family = [process, *process.children(recursive=True)]
    heard = {c.laddr for p in family for c in p.net_connections() if c.status in {psutil.CONN_LISTEN, psutil.CONN_NONE}}
    assert heard == {("127.0.0.1", running.port)}


def test_nothing_of_the_callers_environment_reaches_it(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions inherit its environment: no profile, endpoint, proxy or secret may be in there."""
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


def test_a_killed_one_is_cleaned_up_and_said(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What was not saved is gone; the next start says so and works."""
    first = server.start(root, DEV)
    os.kill(first.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first.pid)], timeout=5)
    (first.state_dir / "tmp/leftover").touch()
    assert server.find(root, DEV) is None
    second = server.start(root, DEV)
    assert (second.started, second.port) == (True, first.port)
    assert "ended before it could save" in capfd.readouterr().err
    assert not (first.state_dir / "tmp/leftover").exists()
    server.stop(root, "dev")
    server.start(root, DEV)
    assert "before it could save" not in capfd.readouterr().err


def test_a_killed_one_goes_back_to_where_it_started(root: Path, start: Start) -> None:
    """S3 writes at once, the rest at an orderly end: states newer than what they tell of block every apply."""

    def make(target: Target, value: str) -> None:
        target.client("ssm").put_parameter(Name="made", Value=value, Type="String", Overwrite=True)
        target.client("s3").put_object(Bucket="states", Key="k", Body=value.encode())

    target = start()
    target.client("s3").create_bucket(Bucket="states")
    make(target, "saved")
    server.stop(root, "dev")
    target = start()
    for value in ("lost", "lost again"):
        make(target, value)
        target.client("s3").put_object(Bucket="states", Key=value, Body=b"")
        running = server.find(root, DEV)
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        target = start()
        kept = target.client("s3").list_objects_v2(Bucket="states")["Contents"]
        assert [entry["Key"] for entry in kept] == ["k"]
        assert target.client("s3").get_object(Bucket="states", Key="k")["Body"].read() == b"saved"
        assert target.client("ssm").get_parameter(Name="made")["Parameter"]["Value"] == "saved"


def test_one_killed_in_its_first_life_leaves_nothing(root: Path, start: Start) -> None:
    """There is nothing to go back to: neither what S3 wrote nor what others did is taken for saved."""
    start().client("s3").create_bucket(Bucket="states")
    running = server.find(root, DEV)
    assert running is not None
    (running.state_dir / "s3/states").mkdir(exist_ok=True)
    (running.state_dir / "s3/states/orphan").touch()
    os.kill(running.pid, signal.SIGKILL)
    assert start().client("s3").list_buckets()["Buckets"] == []
    assert not (running.state_dir / "s3/states").exists()


def test_what_could_not_be_saved_is_a_failure_and_is_gone(root: Path, start: Start) -> None:
    """Half of it would be worse than none: a folder stands here for the full disk."""
    target = start()
    target.client("ssm").put_parameter(Name="old", Value="x", Type="String")
    server.stop(root, "dev")
    target = start()
    target.client("ssm").put_parameter(Name="new", Value="x", Type="String")
    state = paths.state_dir(root, "dev") / "state/ssm.json"
    state.unlink()
    state.mkdir()
    with pytest.raises(OperationFailed, match=r"could not save what it holds:\n.*ssm") as caught:
        server.stop(root, "dev")
    assert "Make room" in caught.value.hint
    assert server.find(root, DEV) is None
    names = [found["Name"] for found in start().client("ssm").describe_parameters()["Parameters"]]
    assert names == ["old"]


def test_a_copy_that_cannot_be_made_stops_the_start(root: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the way back nothing is begun."""
    start().client("ssm").put_parameter(Name="old", Value="x", Type="String")
    server.stop(root, "dev")

    def full(source: str, to: str) -> None:
        raise OSError(28, "No space left on device", to)

    monkeypatch.setattr("shutil.copytree.__defaults__", (False, None, full, False, False))
    with pytest.raises(OperationFailed, match=r"at-start.*No space left on device"):
        server.start(root, DEV)
    assert server.find(root, DEV) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00\x00"])
def test_a_damaged_record_counts_as_a_bad_end(root: Path, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A full disk or a crash may leave half of it."""
    folder = paths.state_dir(root, "dev")
    folder.mkdir(parents=True)
    (folder / "process.json").write_text(text)
    assert server.start(root, DEV).started
    assert "ended before it could save" in capfd.readouterr().err


@contextmanager
def listener(port: int) -> Any:
    """Listen on a port, as some other program would."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield


def test_a_taken_port_is_named_with_who_has_it(root: Path) -> None:
    """Another port would leave every URL in the states wrong, so it stops."""
    first = server.start(root, DEV)
    server.stop(root, "dev")
    with listener(first.port), pytest.raises(OperationFailed) as caught:
        server.start(root, DEV)
    assert f"Port {first.port} " in caught.value.message
    assert f"process {os.getpid()} (" in caught.value.message
    assert str(first.state_dir) in caught.value.hint


def test_a_port_that_another_local_aws_keeps_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner may be stopped, and comes back."""
    monkeypatch.setattr(ports.random, "sample", lambda candidates, count: [20001, 20002])
    monkeypatch.setattr(ports, "is_free", lambda port: True)
    assert ports.choose([20001]) == 20002
    with pytest.raises(OperationFailed, match="No free port"):
        ports.choose([20001, 20002])


def test_a_failed_start_names_the_log_and_leaves_no_process(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log's last lines are in the hint."""
    real = child.environ
    monkeypatch.setattr(child, "environ", lambda *args: real(*args) | {"GATEWAY_PORT": "nonsense"})
    with pytest.raises(
        OperationFailed, match=r"ended while starting \(exit code 1\); its log is .*emulator\.log"
    ) as caught:
        server.start(root, DEV)
    assert "ValueError" in caught.value.hint
    assert server.find(root, DEV) is None


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

    monkeypatch.setattr(child, "answers", answers)
    with pytest.raises(ending or OperationFailed):
        server.start(root, DEV)
    assert started
    assert not [process for process in started if alive(process.pid)]
    assert locks.holder(paths.state_dir(root, "dev") / "process.json") is None


def test_one_that_hangs_is_reported_and_then_killed(
    root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """`find` does not hand out a server that does not answer; `stop` escalates and says so."""
    running = server.start(root, DEV)
    os.kill(running.pid, signal.SIGSTOP)
    monkeypatch.setattr(child, "START_SECONDS", 0.2)
    monkeypatch.setattr(child, "HEALTH_SECONDS", 0.2)
    monkeypatch.setattr(child, "STOP_SECONDS", 0.3)
    with pytest.raises(OperationFailed, match=f"process {running.pid}.* does not answer"):
        server.find(root, DEV)
    assert server.stop(root, "dev")
    assert "is killed; what it had not saved is lost" in capfd.readouterr().err
    assert not alive(running.pid)


def test_a_recycled_process_id_is_never_ended(root: Path) -> None:
    """A record that nobody holds names a process that is not ours any more."""
    folder = paths.state_dir(root, "dev")
    folder.mkdir(parents=True)
    (folder / "process.json").write_text(json.dumps({"pid": os.getpid(), "token": "x"}))
    assert server.find(root, DEV) is None
    assert not server.stop(root, "dev"), "and this process is still here to say so"


def test_another_account_in_the_inventory_is_refused(root: Path) -> None:
    """Its state belongs to the account that it was made for."""
    server.start(root, DEV)
    other = environment(account="100000000009")
    for call in (server.find, server.start):
        with pytest.raises(UserError, match="holds account 100000000001, the inventory now says 100000000009"):
            call(root, other)


@pytest.mark.parametrize("port", [None, "20001", 0, 65536])
def test_a_damaged_instance_is_refused_and_does_not_stop_others(root: Path, port: Any) -> None:
    """The URLs in its states would be wrong at another port."""
    running = server.start(root, DEV)
    server.stop(root, "dev")
    text = "{" if port is None else json.dumps({"port": port, "account_id": ACCOUNT})
    (running.state_dir / "instance.json").write_text(text)
    with pytest.raises(UserError, match=r"instance\.json is missing or damaged"):
        server.start(root, DEV)
    assert server.start(root, environment("staging")).started


def test_forget_wipes_and_down_tells_what_it_did(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """`down` of what does not run is no error."""
    running = server.start(root, DEV)
    assert server.environments(root) == ["dev"]
    assert command.down(root, "staging", forget=False) == 0
    assert "staging: there is no local AWS." in capfd.readouterr().err
    assert command.down(root, "", forget=False) == 0
    assert "stop the local AWS of dev:" in capfd.readouterr().err
    assert running.state_dir.is_dir()
    assert command.down(root, "dev", forget=True) == 0
    assert "dev: it did not run." in capfd.readouterr().err
    assert not running.state_dir.exists()
    assert server.environments(root) == []
    assert command.down(root, "", forget=False) == 0
    assert "There is no local AWS of this checkout." in capfd.readouterr().err


def test_a_turn_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """A held lock is `could not tell`, exit 3."""
    with locks.exclusive(tmp_path / "lock", 0), pytest.raises(CouldNotTell, match="has held"):  # noqa: SIM117
        with locks.exclusive(tmp_path / "lock", 0.1):
            pass


def test_a_record_has_one_holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two emulators can never share one state folder."""
    monkeypatch.setattr(locks, "SETTLE_SECONDS", 0.1)
    path = tmp_path / "process.json"
    with locks.record(path, {"pid": 1}):
        assert locks.holder(path) == {"pid": 1}
        with pytest.raises(OperationFailed, match="held by another process"), locks.record(path, {"pid": 2}):
            pass
