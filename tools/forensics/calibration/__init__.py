"""What the values of signals mean: ranges of real videos, likelihoods, and how a calibration is fitted."""
