"""Fewer visual tokens: between the vision tower and the prompt, by name (`compress = "evs:0.25"`)."""

from .base import COMPRESSORS, Compressor, Grid, Layout, Mix, Scene, compressor
from .changed import delta, dycoke, evs
from .merged import aim, bvllm, fastvid, tome
from .salient import hired, vidcom2
from .spaced import pool, progressive_pool, promptpool, sample, stride

__all__ = [
    "COMPRESSORS",
    "Compressor",
    "Grid",
    "Layout",
    "Mix",
    "Scene",
    "aim",
    "bvllm",
    "compressor",
    "delta",
    "dycoke",
    "evs",
    "fastvid",
    "hired",
    "pool",
    "progressive_pool",
    "promptpool",
    "sample",
    "stride",
    "tome",
    "vidcom2",
]
