"""Optical flow: how well motion explains the next frame, and how steadily it goes on."""

from itertools import pairwise

import numpy as np

from ..signal import Reading, Signal, Window


class FlowResidual(Signal):
    """What is left of a frame after the next one was warped back along the optical flow, relative to its contrast.

    Generated motion need not be a motion of things; AIGVDet (Bai et al., 2024) looks at flow beside pixels for this
    reason. Fooled by flashes, water, smoke and crowds (high), still cameras and title cards (low), and heavy motion
    blur.
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
        for (before, after), flow in zip(pairwise(window.grey), window.flow, strict=True):
            back = cv2.remap(
                after, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            curve.append(float(cv2.absdiff(before, back).mean()) / max(float(before.std()), 4.0))
        return Reading(float(np.median(curve)), self.unit, window.between(), np.array(curve))


class FlowSmoothness(Signal):
    """How much the motion of a place changes from one step to the next, relative to how much it moves.

    Smoothed video, moved photos and renders glide; VBench (Huang et al., 2024) rates the same evenness as a virtue.
    Fooled by tripods and gimbals (nothing shakes), by slow motion, and by camera moves of a machine; motion that is
    invented anew in each frame would be high and pass.
    """

    name = "flow_smoothness"
    title = "Change of flow"
    unit = "share of motion"
    kind = "motion"
    unusual = "low"
    logarithmic = True

    def look(self, window: Window) -> Reading:
        small = window.flow[:, ::4, ::4]
        change = np.linalg.norm(np.diff(small, axis=0), axis=-1).mean(axis=(1, 2))
        speed = np.linalg.norm(small, axis=-1).mean(axis=(1, 2))
        curve = change / ((speed[1:] + speed[:-1]) / 2 + 0.05)
        return Reading(float(np.median(curve)), self.unit, window.times[1:-1], curve)


class Acceleration(Signal):
    """Second difference of the pixels over time, relative to how much they change over two steps.

    Pictures that follow a line from frame to frame were mixed from their neighbours: averaging and interpolation over
    time lower it, whatever is shown. Sampled at 8 frames a second, an interpolation of every second frame is seen only
    where the step between samples is odd (25 and 24 frames a second, not 30). Fooled by long exposures, slow motion,
    slow pans, denoising over time, and strong compression, which copies blocks from frame to frame.
    """

    name = "acceleration"
    title = "Change of change"
    unit = "ratio"
    kind = "motion"
    unusual = "low"
    logarithmic = True

    def look(self, window: Window) -> Reading:
        import cv2

        curve = []
        for before, here, after in zip(window.grey, window.grey[1:], window.grey[2:], strict=False):
            middle = cv2.addWeighted(before, 0.5, after, 0.5, 0, dtype=cv2.CV_32F)
            bend = 2 * cv2.norm(middle, here.astype(np.float32), cv2.NORM_L1)
            curve.append(bend / here.size / (cv2.norm(before, after, cv2.NORM_L1) / here.size + 0.5))
        return Reading(float(np.median(curve)), self.unit, window.times[1:-1], np.array(curve))
