"""All signals that are measured on a window of frames, by name."""

from .over_time.embedding import Curvature, SecondDifference
from .over_time.flow import Acceleration, FlowResidual, FlowSmoothness
from .over_time.likelihood import SpatialLikelihood, TemporalLikelihood
from .people.faces import face_jitter, mouth_movement
from .people.hands import hand_jitter
from .picture.frequency import Blocks, Grid, Spectrum
from .picture.light import Edges, ExposureDrift, Flicker, Saturation
from .picture.noise import NoiseCorrelation, NoiseLevel, NoiseRenewal
from .signal import Signal
from .sound import looped_sound
from .text_stability import text_stability

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

OF_THE_FILE = {
    "looped_sound": ("Sound that repeats", "sound", looped_sound),
    "text_stability": ("Writing that changes", "text", text_stability),
    "face_jitter": ("Face that trembles", "face", face_jitter),
    "hand_jitter": ("Hand that trembles", "hand", hand_jitter),
    "mouth_movement": ("Lips while a voice is heard", "face", mouth_movement),
}
"""What is measured once a file, with its title and kind: shown as evidence, and no part of a calibration."""
