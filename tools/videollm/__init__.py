"""Video-LLMs behind one interface; importing this registers the backends, and loads none of their libraries."""

from . import hub_model
from .interface import Finish, FramePart, Message, VideoLLM
from .servers import llama_cpp, openai_server

__all__ = ["Finish", "FramePart", "Message", "VideoLLM", "hub_model", "llama_cpp", "openai_server"]
