"""Answerers that run in a process of their own: llama.cpp beside this one, and servers in the shape of OpenAI's."""
