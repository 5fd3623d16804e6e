"""Video-LLMs behind one interface; importing this registers the backends, and loads none of their libraries."""

from . import llama_cpp as llama_cpp
from . import openai_api as openai_api
from . import transformers_backend as transformers_backend
from .base import Finish, FramePart, Message, VideoLLM

__all__ = ["Finish", "FramePart", "Message", "VideoLLM"]
