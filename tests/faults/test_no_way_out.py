"""Nothing leaves the machine: reading and asking work without any network, and nobody even tries to reach one.

OWASP Top 10: security misconfiguration; software and data integrity failures (telemetry of dependencies).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNSHARE = shutil.which("unshare")
CHILD = Path(__file__).with_name("offline_child.py")


def refused_by_the_kernel() -> str:
    """Why no network of one's own can be had here; empty where it can."""
    if UNSHARE is None:
        return "there is no unshare here"
    tried = subprocess.run([UNSHARE, "-rn", "true"], capture_output=True, text=True, timeout=30, check=False)
    return tried.stderr.strip() if tried.returncode else ""


def alone(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a network without routes."""
    if reason := refused_by_the_kernel():
        pytest.skip(f"the kernel gives no network of one's own: {reason}")
    assert UNSHARE is not None
    given = {name: value for name, value in os.environ.items() if name not in KEPT_QUIET}
    command = (UNSHARE, "-rn", *command)
    return subprocess.run(
        command, capture_output=True, text=True, timeout=500, check=False, env={**given, **environment}
    )


KEPT_QUIET = (
    "HF_HUB_OFFLINE",
    "ORT_DISABLE_TELEMETRY",
    "HF_HUB_DISABLE_TELEMETRY",
    "DO_NOT_TRACK",
    "ANONYMIZED_TELEMETRY",
)
"""Variables that this test must not rely on."""


@pytest.mark.models
@pytest.mark.slow
def test_a_reading_and_a_question_try_to_reach_nobody(tmp_path: Path, bunny: Path):
    done = alone(sys.executable, str(CHILD), str(tmp_path / "home"), str(bunny), "What is shown at 0:02?")
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["records"] > 0
    assert told["answer"]
    assert told["tried"] == []
    assert told["without_route"] == 0


COUNTED = """
import sys, time
sys.path.insert(0, sys.argv[1])
from offline_child import without_route
import vidscout.tools.runtime.onnx as onnx
from onnx import TensorProto, helper
value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", value[:1], value[1:])
onnx.session(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString())
time.sleep(5)
print(without_route())
"""


def test_onnxruntime_reports_to_nobody_and_keeps_no_report(tmp_path: Path):
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = alone(sys.executable, "-c", COUNTED, str(CHILD.parent), **home)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "0"
    assert not list(tmp_path.rglob("onnxruntime.db*"))


def test_the_count_sees_attempts(tmp_path: Path):
    tries = (
        "import socket, sys; sys.path.insert(0, sys.argv[1]); from offline_child import without_route\n"
        "try: socket.create_connection(('192.0.2.1', 80), 2)\nexcept OSError: pass\nprint(without_route())"
    )
    done = alone(sys.executable, "-c", tries, str(CHILD.parent))
    assert int(done.stdout) > 0, done.stderr
