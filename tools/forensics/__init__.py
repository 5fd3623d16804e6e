"""Signals of generated or altered video: what can be measured in a clip without a trained detector.

One file a signal. None of them decides anything: a value means something only beside the values of videos that are
known to be real (`calibration.py`), and the published figures of every one of them have shrunk in others' hands.
"""
