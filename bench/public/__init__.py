"""Public question sets from the user's own copy, in the layout in which their authors publish them."""

from . import avbench, vcgbench_diverse, video_bench, video_mme, video_mme_v2
from .base import PublicSet
from .long import longvideobench, lvbench, mlvu, mlvu_test, vnbench
from .reasoning import egoschema, minerva, videoespresso

PUBLIC: tuple[PublicSet, ...] = (
    video_mme.SET,
    video_mme_v2.SET,
    mlvu.SET,
    mlvu_test.SET,
    longvideobench.SET,
    lvbench.SET,
    egoschema.SET,
    vnbench.SET,
    minerva.SET,
    video_bench.SET,
    videoespresso.SET,
    vcgbench_diverse.SET,
    avbench.SET,
)
"""Every set that can be read, by the name that `--kind` takes."""


def named(name: str) -> PublicSet | None:
    """The set of that name, if it is a public one."""
    return next((one for one in PUBLIC if one.name == name), None)
