"""All signals that are measured on a window of frames, by name."""

from .base import Signal
from .embedding import Curvature, SecondDifference
from .flow import Acceleration, FlowResidual, FlowSmoothness
from .frequency import Blocks, Grid, Spectrum
from .light import Edges, ExposureDrift, Flicker, Saturation
from .likelihood import SpatialLikelihood, TemporalLikelihood
from .noise import NoiseCorrelation, NoiseLevel, NoiseRenewal

SIGNALS: dict[str, type[Signal]] = {
    signal.name: signal
    for signal in (
        SecondDifference,
        Curvature,
        SpatialLikelihood,
        TemporalLikelihood,
        FlowResidual,
        FlowSmoothness,
        Acceleration,
        NoiseLevel,
        NoiseCorrelation,
        NoiseRenewal,
        Spectrum,
        Blocks,
        Grid,
        Edges,
        Flicker,
        ExposureDrift,
        Saturation,
    )
}
