"""Weights in other formats: to ONNX, when they are pulled."""
