"""Light over time and on the picture: flicker, exposure drift, saturation and edges."""

import numpy as np

from ..signal import Reading, Signal, Window


class Flicker(Signal):
    """Second difference of the mean brightness in a 4×4 grid of places: what jumps there and back again.

    Frame-wise generation and editing flicker (Lai et al., 2018, on blind video consistency). Fooled by lamps on mains
    current, strobes, camera flashes, auto-exposure steps, and fast motion past the camera.
    """

    name = "flicker"
    title = "Flicker"
    unit = "grey levels"
    kind = "light"
    logarithmic = True

    def look(self, window: Window) -> Reading:
        curve = np.abs(np.diff(_places(window), n=2, axis=0)).mean(axis=1)
        return Reading(float(np.mean(curve)), self.unit, window.times[1:-1], curve)


class ExposureDrift(Signal):
    """Slope of the mean brightness over the window.

    Fooled by fades, sunsets, panning from dark to bright, and auto-exposure.
    """

    name = "exposure_drift"
    title = "Exposure drift"
    unit = "grey levels a second"
    kind = "light"
    logarithmic = True

    def look(self, window: Window) -> Reading:
        curve = _places(window).mean(axis=1)
        slope = np.polyfit(window.times - window.times[0], curve, 1)[0]
        return Reading(abs(float(slope)), self.unit, window.times, curve)


class Saturation(Signal):
    """Mean saturation (HSV) of the picture. One of LAVID's tools (Liu et al., 2025).

    Fooled by colour grading, black-and-white film, neon and every taste: it is evidence to show beside others.
    """

    name = "saturation"
    title = "Saturation"
    unit = "share"
    kind = "light"

    def look(self, window: Window) -> Reading:
        colour = window.colour[:, ::4, ::4]
        most, least = colour.max(axis=-1).astype(np.float32), colour.min(axis=-1).astype(np.float32)
        curve = ((most - least) / np.maximum(most, 1)).mean(axis=(1, 2))
        return Reading(float(np.median(curve)), self.unit, window.times, curve)


class Edges(Signal):
    """Mean gradient of the small grey picture relative to its contrast. One of LAVID's tools (Liu et al., 2025).

    Fooled by defocus, fog, sharpening filters, subtitles and whatever has many or few lines by nature.
    """

    name = "edges"
    title = "Edge strength"
    unit = "share of contrast"
    kind = "frequency"
    logarithmic = True

    def look(self, window: Window) -> Reading:
        import cv2

        curve = []
        for picture in window.grey:
            across, down = cv2.spatialGradient(picture)
            strength = cv2.norm(across, cv2.NORM_L1) + cv2.norm(down, cv2.NORM_L1)
            curve.append(strength / picture.size / 8 / max(float(picture.std()), 4.0))
        return Reading(float(np.median(curve)), self.unit, window.times, np.array(curve))


def _places(window: Window) -> np.ndarray:
    """(n, 16) mean brightness in a 4×4 grid."""
    import cv2

    return np.stack(
        [
            cv2.resize(picture, (4, 4), interpolation=cv2.INTER_AREA).ravel()
            for picture in window.grey.astype(np.float32)
        ]
    )
