"""The command line as a person meets it: a process, its output, its exit code."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from vidscout.agent.cli import app
from vidscout.agent.cli.asking.ask import save
from vidscout.agent.cli.common import reported
from vidscout.tools.errors import UsageError

EVIDENCE = {"video", "start", "end", "modality", "text", "score", "source", "name", "payload", "box", "outlines"}
ANSWER = {
    "text", "choice", "abstained", "confidence", "evidence", "frames", "notes", "route", "timings", "counters",
    "tokens", "profile", "question", "videos", "images", "understood", "relevance", "spans", "drafts",
    "corrections",
}  # fmt: skip


def vidscout(*arguments: object, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vidscout.agent.cli", "--home", str(home), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **environment},
        check=False,
    )


def only_line(done: subprocess.CompletedProcess[str] | str) -> str:
    errors = done if isinstance(done, str) else done.stderr
    assert "Traceback" not in errors
    lines = [line for line in errors.splitlines() if line.strip()]
    assert len(lines) == 1, errors
    assert lines[0].startswith("vidscout: ")
    return lines[0]


def refused(capsys: pytest.CaptureFixture[str], *arguments: object, home: Path) -> tuple[object, str]:
    """The exit code and the errors of a command that ends at once, run here: a process takes two seconds to import."""
    with pytest.raises(SystemExit) as ended, reported():
        app(["--home", str(home), *map(str, arguments)])
    return ended.value.code, capsys.readouterr().err


def test_help_needs_no_heavy_library():
    heavy = "('torch', 'chromadb', 'av', 'numpy', 'langgraph', 'pydantic')"
    code = f"import sys, vidscout.agent.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_package_loads_nothing():
    code = "import sys, vidscout; print([m for m in sys.modules if m.split('.')[0] in ('torch', 'pydantic', 'numpy')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.models
def test_json_is_one_object_with_the_answers_fields(home: Path, trailer: Path):
    done = vidscout("ask", trailer, "When does the title “An unlucky bird” appear?", "--json", home=home)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) == ANSWER
    assert "0:1" in answer["text"]
    assert set(answer["evidence"][0]) == EVIDENCE
    assert 10 <= answer["evidence"][0]["start"] <= 12


@pytest.mark.models
def test_an_answer_is_printed_with_times_and_cost(home: Path, trailer: Path):
    done = vidscout("ask", trailer, "Who presents the film?", "--trace", home=home)
    assert done.returncode == 0, done.stderr
    assert "Blender" in done.stdout
    assert re.search(r"\b0:0\d–0:\d\d\b", done.stdout)
    assert "0 frames decoded" in done.stderr
    assert "route: plan → gather" in done.stderr


@pytest.mark.models
def test_an_option_is_named_by_its_letter(home: Path, lecture: Path):
    options = ["--option", "glass", "--option", "silicon carbide", "--option", "gold"]
    done = vidscout("ask", lecture, "What is the mirror made of?", *options, "--json", home=home)
    assert json.loads(done.stdout)["choice"] == "B"


@pytest.mark.models
def test_a_conversation_goes_on_in_the_next_process(home: Path, lecture: Path):
    first = vidscout("ask", lecture, "What is the mirror made of?", "-c", "shell", home=home)
    assert first.returncode == 0, first.stderr
    then = vidscout("ask", lecture, "And what is said after that?", "-c", "shell", "--json", home=home)
    said = re.search(r"^  (\d+):(\d\d)–", first.stdout, re.MULTILINE)
    assert said is not None
    assert json.loads(then.stdout)["evidence"][0]["start"] > 60 * int(said[1]) + int(said[2])


def test_the_pictures_of_a_prompt_are_saved_in_its_order(tmp_path: Path):
    pictures = []
    for name in ("late", "early"):
        pictures.append(tmp_path / f"{name}.jpg")
        pictures[-1].write_text(name)
    assert save([str(picture) for picture in pictures], tmp_path / "sent") == 2
    assert [path.read_text() for path in sorted((tmp_path / "sent").iterdir())] == ["late", "early"]
    with pytest.raises(UsageError, match="cannot be saved"):
        save([str(tmp_path / "gone.jpg")], tmp_path / "sent")


@pytest.mark.models
def test_search_finds_by_modality(home: Path, lecture: Path):
    done = vidscout("search", lecture, "radio dish", "--modality", "speech", "--json", home=home)
    results = json.loads(done.stdout)["results"]
    assert "radio dish" in results[0]["text"].lower()
    assert {result["modality"] for result in results} == {"speech"}


@pytest.mark.models
def test_videos_are_listed(home: Path, trailer: Path, lecture: Path):
    done = vidscout("videos", "--json", home=home)
    assert {video["name"] for video in json.loads(done.stdout)["videos"]} >= {trailer.name, lecture.name}


@pytest.mark.models
def test_the_doctor_finds_the_embedded_profile_in_order(home: Path):
    done = vidscout("doctor", "--json", home=home)
    report = json.loads(done.stdout)
    assert report["ok"], done.stdout
    assert any(check["what"] == "profile" and check["found"].startswith("embedded") for check in report["checks"])


def test_the_doctor_names_the_command_that_brings_missing_weights(tmp_path: Path):
    done = vidscout("doctor", home=tmp_path / "home", VIDSCOUT_WEIGHTS=str(tmp_path / "none"))
    assert done.returncode == 4
    assert "vidscout models pull" in done.stdout


def test_missing_weights_end_with_code_4(tmp_path: Path, trailer: Path):
    home = tmp_path / "home"
    done = vidscout("ingest", trailer, home=home, VIDSCOUT_WEIGHTS=str(tmp_path / "none"))
    assert done.returncode == 4
    assert "vidscout models pull" in only_line(done)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ask", "{trailer}", ""], "question is empty"),
        (["ask", "{trailer}", "  "], "question is empty"),
        (["ask", "{trailer}", "x" * 100_000], "100,000 characters"),
        (["ask", "{trailer}", "What?", "--from", "0:10", "--to", "0:10"], "no length"),
        (["ask", "{trailer}", "What?", "--from", "0:20", "--to", "0:10"], "no length"),
        (["ask", "{trailer}", "What?", "--from", "soon"], "not a time"),
        (["ask", "{trailer}", "What?", "--option", "only one"], "2 to 26"),
        (["--profile", "huge", "ask", "{trailer}", "What?"], "no profile 'huge'"),
        (["forget", "nothing.mp4"], "has not been read"),
        (["ask", "nothing.mp4", "What?"], "has not been read"),
        (["search", "nothing.mp4", "word"], "has not been read"),
        (["search", "all", " "], "query is empty"),
        (["search", "all"], "needs words, or --image FILE"),
        (["search", "all", "word", "--image", "a.png"], "--image goes without words"),
        (["search", "all", "--image", "nothing.png"], "nothing.png: no such file"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_wrong_use_ends_with_code_2_and_one_line(
    tmp_path: Path, trailer: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
):
    given = (argument.replace("{trailer}", str(trailer)) for argument in arguments)
    code, errors = refused(capsys, *given, home=tmp_path / "home")
    assert code == 2, errors
    assert says in only_line(errors)


def test_a_process_ends_with_the_code_and_the_line(tmp_path: Path, trailer: Path):
    done = vidscout("ask", trailer, "", home=tmp_path / "home")
    assert done.returncode == 2, done.stderr
    assert "question is empty" in only_line(done)


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "headless"])
def test_what_is_no_video_ends_with_code_3_and_one_line(
    tmp_path: Path, trailer: Path, kind: str, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "video.mp4"
    match kind:
        case "folder":
            path.mkdir()
        case "empty":
            path.touch()
        case "text":
            path.write_text("this is not a film\n" * 100)
        case "headless":
            data = trailer.read_bytes()
            path.write_bytes(data[len(data) // 3 : len(data) // 2])
    code, errors = refused(capsys, "ingest", path, home=tmp_path / "home")
    assert code == 3, errors
    assert "video.mp4" in only_line(errors)
    if kind in ("folder", "text"):  # one that is refused as it is, and one that is opened
        done = vidscout("ask", path, "What?", home=tmp_path / "home")
        assert done.returncode == 3, done.stderr
        assert "video.mp4" in only_line(done)


@pytest.mark.parametrize("code", [0, 3])
def test_the_interpreter_is_not_taken_apart_under_a_model_that_loads(code: int):
    program = f"""
import atexit, sys, threading
from vidscout.agent.cli.interrupts import whole_program
class Torn:
    def __del__(self):
        print("taken apart")
with whole_program():
    torn = Torn()
    atexit.register(print, "registered for the end")
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    sys.exit({code})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "registered for the end\n", "")


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path, trailer: Path):
    home = tmp_path / "home"
    home.write_text("a file where the folder should be")  # permissions do not stop the superuser
    done = vidscout("ingest", trailer, home=home)
    assert done.returncode == 2
    assert "home" in only_line(done)


@pytest.mark.models
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_question_that_is_told_to_end_does_so_within_two_seconds_with_one_line(home: Path, number: signal.Signals):
    code = """
import signal, sys, threading
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)  # whoever runs the tests may have had them ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
from vidscout.agent.cli import main
from vidscout.graphs.answer.nodes import gather

def endless(request, answering):
    print("searching", flush=True)
    threading.Event().wait()

gather.find = endless
sys.argv = ["vidscout", *sys.argv[1:]]
main()
"""
    asked = ["--home", str(home), "ask", "lecture.mp4", "What is the mirror made of?"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *asked], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert "searching" in process.stdout.readline()
    began = time.monotonic()
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert time.monotonic() - began < 2
    assert process.returncode == 128 + number
    assert errors.strip() == "vidscout: stopped; run it again to go on from here"
