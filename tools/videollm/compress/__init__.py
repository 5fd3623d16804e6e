"""Fewer visual tokens: between the vision tower and the prompt, by name (`compress = "evs:0.25"`)."""

from . import (
    aim,
    bvllm,
    delta,
    dycoke,
    evs,
    fastvid,
    hired,
    pool,
    progressive_pool,
    promptpool,
    sample,
    stride,
    tome,
    vidcom2,
)
from .base import COMPRESSORS, Compressor, Grid, Layout, Mix, Scene, compressor

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
