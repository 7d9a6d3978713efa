"""Starting, finding, stopping and killing the local AWS."""

import json
import os
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from meridian import paths
from meridian.errors import OperationFailed, UserError
from meridian.local import child, ports, server
from meridian.local.down import down
from meridian.local.regions import addresses
from meridian.targets import Target
from tests.local.conftest import ACCOUNT, as_role, environment, node_package

Start = Callable[..., Target]
DEV = environment()


def kill(running: server.Running | None) -> None:
    """Kill a local AWS before it can save."""
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(running.pid)], timeout=5)


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
    assert not psutil.pid_exists(first.pid)
    again = start()
    assert again.endpoint == target.endpoint == f"http://127.0.0.1:{first.port}"
    assert again.client("ssm").get_parameter(Name="kept")["Parameter"]["Value"] == "yes"
    assert again.client("s3").get_object(Bucket="kept", Key="k")["Body"].read() == b"v"


def test_starts_at_once_make_one_server_on_loopback(root: Path) -> None:
    """A start waits for the other and finds its server; no other machine can reach it, nor its regions."""
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda _: server.start_server(root, DEV), range(3)))
    assert sorted(running.started for running in found) == [False, False, True]
    (pid,) = {running.pid for running in found}
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    heard = {c.laddr for p in family for c in p.net_connections() if c.status in {psutil.CONN_LISTEN, psutil.CONN_NONE}}
    assert heard == {(place, found[0].port) for place in ("127.0.0.1", *addresses())}


def test_the_callers_environment_does_not_reach_it(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions inherit its environment, so it holds no profile, endpoint, proxy or secret."""
    foreign = {"AWS_PROFILE": "prod", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"}
    for name, value in (foreign | {"MY_TOKEN": "secret"}).items():
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
    assert not {"AWS_PROFILE", "HTTPS_PROXY", "MY_TOKEN"} & seen.keys()


def test_a_start_after_a_kill_restores_the_state_of_the_last_start(
    root: Path, start: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    """S3 writes at once, the rest at an orderly end: states newer than their resources fail every apply."""

    def make(target: Target, value: str) -> None:
        target.client("ssm").put_parameter(Name="made", Value=value, Type="String", Overwrite=True)
        target.client("s3").put_object(Bucket="states", Key="k", Body=value.encode())

    target = start()
    target.client("s3").create_bucket(Bucket="states")
    make(target, "saved")
    server.stop_server(root, "dev")
    target = start()
    assert "before it could save" not in capfd.readouterr().err
    for value in ("lost", "lost again"):
        make(target, value)
        target.client("s3").put_object(Bucket="states", Key=value, Body=b"")
        kill(server.find_server(root, DEV))
        target = start()
        assert "ended before it could save" in capfd.readouterr().err
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
    kill(running)
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


def test_a_port_in_use_is_reported_with_its_process(root: Path) -> None:
    """Another port would make every URL in the states wrong, so the start fails."""
    first = server.start_server(root, DEV)
    server.stop_server(root, "dev")
    with socket.create_server(("127.0.0.1", first.port)), pytest.raises(OperationFailed) as caught:
        server.start_server(root, DEV)
    assert f"Port {first.port} " in caught.value.message
    assert f"process {os.getpid()} (" in caught.value.message
    assert str(first.state_dir) in caught.value.hint


def test_a_port_that_another_local_aws_keeps_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """That one may be stopped and start again."""
    monkeypatch.setattr(ports, "CANDIDATES", range(20001, 20003))
    monkeypatch.setattr(ports, "is_in_use", lambda port: False)
    assert ports.choose_port([20001]) == 20002


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


def test_an_interrupted_start_leaves_nothing_running(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C as after a silent start."""
    started: list[int] = []
    wait = child.is_answering

    def interrupt(port: int, token: str, lives: Callable[[], bool]) -> bool:
        assert wait(port, token, lives)
        found = child.find_process(paths.state_dir(root, "dev"))
        assert found is not None
        started.append(found["pid"])
        raise KeyboardInterrupt

    monkeypatch.setattr(child, "is_answering", interrupt)
    with pytest.raises(KeyboardInterrupt):
        server.start_server(root, DEV)
    assert not psutil.pid_exists(started[0])
    assert not (paths.state_dir(root, "dev") / "process.json").exists()


def test_one_that_hangs_is_reported_and_then_killed(
    root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    running = server.start_server(root, DEV)
    os.kill(running.pid, signal.SIGSTOP)
    for name in ("START_SECONDS", "HEALTH_SECONDS", "STOP_SECONDS"):
        monkeypatch.setattr(child, name, 0.2)
    with pytest.raises(OperationFailed, match=f"process {running.pid}.* does not answer"):
        server.find_server(root, DEV)
    assert server.stop_server(root, "dev")
    assert "is killed; unsaved state is lost" in capfd.readouterr().err
    assert not psutil.pid_exists(running.pid)


def test_a_recycled_process_id_is_never_ended(root: Path) -> None:
    """The record names this process, whose command line does not hold the token."""
    folder = paths.state_dir(root, "dev")
    folder.mkdir(parents=True)
    (folder / "process.json").write_text(json.dumps({"pid": os.getpid(), "token": "0123456789abcdef"}))
    assert server.find_server(root, DEV) is None
    assert not server.stop_server(root, "dev"), "and this process is still here to say so"


def test_another_account_in_the_inventory_is_refused(root: Path) -> None:
    """The state belongs to one account."""
    server.start_server(root, DEV)
    other = environment(account="100000000009")
    for call in (server.find_server, server.start_server):
        with pytest.raises(UserError, match="belongs to account 100000000001, the inventory now names 100000000009"):
            call(root, other)


def test_a_damaged_instance_is_refused_and_does_not_stop_others(root: Path) -> None:
    """The URLs in its states would be wrong at another port."""
    running = server.start_server(root, DEV)
    server.stop_server(root, "dev")
    (running.state_dir / "instance.json").write_text("{")
    with pytest.raises(UserError, match=r"instance\.json is missing or damaged"):
        server.start_server(root, DEV)
    assert server.start_server(root, environment("staging")).started


def test_a_child_has_ended_when_it_can_be_reaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its main thread is a zombie before its other threads have ended; waitpid then knows of no end yet."""
    waits: list[tuple[int, int]] = [(0, 0)]
    real = os.waitpid
    monkeypatch.setattr(child.os, "waitpid", lambda *of: waits.pop() if waits else real(*of))
    process = psutil.Popen(["sleep", "60"])
    process.kill()
    assert child._ends(psutil.Process(process.pid), 10)
    assert not psutil.pid_exists(process.pid)


def test_down_prints_each_result_and_forget_deletes_the_state(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """`down` without a running one succeeds."""
    running = server.start_server(root, DEV)
    assert server.list_environments(root) == ["dev"]
    for given, forget, said in (
        ("staging", False, "staging: no local AWS exists."),
        ("", False, "stop the local AWS of dev:"),
        ("dev", True, "dev: it was not running."),
        ("", False, "This checkout has no local AWS."),
    ):
        assert down(given, root=root, forget=forget) == 0
        assert said in capfd.readouterr().err
        assert running.state_dir.exists() is (not forget and bool(server.list_environments(root)))
