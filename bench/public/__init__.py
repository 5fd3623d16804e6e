"""Public question sets from the user's own copy, in the layout in which their authors publish them."""

from . import egoschema, longvideobench, mlvu, video_mme, vnbench
from .base import PublicSet

PUBLIC: tuple[PublicSet, ...] = (video_mme.SET, mlvu.SET, longvideobench.SET, egoschema.SET, vnbench.SET)
"""Every set that can be read, by the name that `--kind` takes."""
