"""All signals that are measured on a window of frames, by name."""

from .base import Signal
from .embedding import Curvature, SecondDifference
from .flow import FlowResidual, FlowSmoothness
from .frequency import Blocks, Grid, Spectrum
from .light import Edges, ExposureDrift, Flicker, Saturation
from .likelihood import SpatialLikelihood, TemporalLikelihood
from .noise import NoiseCorrelation, NoiseLevel

SIGNALS: dict[str, type[Signal]] = {
    signal.name: signal
    for signal in (
        SecondDifference,
        Curvature,
        SpatialLikelihood,
        TemporalLikelihood,
        FlowResidual,
        FlowSmoothness,
        NoiseLevel,
        NoiseCorrelation,
        Spectrum,
        Blocks,
        Grid,
        Edges,
        Flicker,
        ExposureDrift,
        Saturation,
    )
}
