from vidscout.agent.cli.common import ProgressBars
from vidscout.graphs.events import Progress


def test_a_second_video_gets_bars_of_its_own():
    with ProgressBars() as bars:
        for video in ("a", "b", "c"):
            for stage in ("looking", "listening"):
                bars.show(Progress(video, stage, 1.0, 2.0))
                bars.show(Progress(video, stage, 2.0, 2.0))
            bars.stop()
