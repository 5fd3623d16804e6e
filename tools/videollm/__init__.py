"""Video-LLMs behind one interface; importing this registers the backends, and loads none of their libraries."""

from . import llama_cpp as llama_cpp
from .base import Finish, FramePart, Message, VideoLLM

__all__ = ["Finish", "FramePart", "Message", "VideoLLM"]
