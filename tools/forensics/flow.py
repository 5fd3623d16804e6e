"""Optical flow: how well motion explains the next frame, and how steadily it goes on."""

import numpy as np

from .base import Reading, Signal, Window, neighbours


def dense_flow(grey: np.ndarray) -> np.ndarray:
    """Motion between neighbouring frames by dense inverse search (Kroeger et al., 2016), OpenCV's fastest preset.

    Args:
        grey: (n, h, w) uint8.

    Returns:
        (n-1, h, w, 2) float32, in pixels.
    """
    import cv2

    if min(grey.shape[1:]) < 16:  # its coarsest patch does not fit
        return np.zeros((len(grey) - 1, *grey.shape[1:], 2), np.float32)
    empty = np.zeros((0, 0), np.float32)  # no flow to start from
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    return np.stack([finder.calc(before, after, empty) for before, after in neighbours(grey)])


class FlowResidual(Signal):
    """What is left of a frame after the next one was warped back along the optical flow, relative to its contrast.

    Generated motion need not be a motion of things; AIGVDet (Bai et al., 2024) looks at flow beside pixels for this
    reason. Fooled by flashes, water, smoke and crowds (high), still cameras and title cards
    (low), and heavy motion blur.
    """

    name = "flow_residual"
    title = "Flow residual"
    unit = "share of contrast"
    kind = "motion"
    logarithmic = True

    def look(self, window: Window) -> Reading:
        import cv2

        height, width = window.grey.shape[1:]
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        curve = []
        for (before, after), flow in zip(neighbours(window.grey), window.flow, strict=True):
            back = cv2.remap(
                after, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            curve.append(float(cv2.absdiff(before, back).mean()) / max(float(before.std()), 4.0))
        return Reading(float(np.median(curve)), self.unit, window.between(), np.array(curve))


class FlowSmoothness(Signal):
    """How much the motion of a place changes from one step to the next, relative to how much it moves.

    Smoothed and interpolated video moves too evenly; invented motion jumps (compare VBench's motion smoothness,
    Huang et
    al., 2024). Fooled by tripods (nothing moves), hand-held shaking, timelapse, and slow motion.
    """

    name = "flow_smoothness"
    title = "Change of flow"
    unit = "share of motion"
    kind = "motion"
    logarithmic = True

    def look(self, window: Window) -> Reading:
        small = window.flow[:, ::4, ::4]
        change = np.linalg.norm(np.diff(small, axis=0), axis=-1).mean(axis=(1, 2))
        speed = np.linalg.norm(small, axis=-1).mean(axis=(1, 2))
        curve = change / ((speed[1:] + speed[:-1]) / 2 + 0.05)
        return Reading(float(np.median(curve)), self.unit, window.times[1:-1], curve)
