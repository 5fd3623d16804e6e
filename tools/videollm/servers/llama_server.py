"""The process that runs llama.cpp for `llama_cpp.py`: started by path, so it imports nothing of this package.

It reads its settings as one JSON line from its standard input, writes its address as one line when the model is
loaded, and ends when its input closes, which also happens when its parent is killed.
"""

import json
import os
import signal
import sys
from importlib import import_module
from typing import Any


def serve(
    model: str, context: int, threads: int, key: str, template: str, prompts: str, projector: str, tells_state: bool
) -> str:
    """Load a model and listen on a free local port; the address is `http://host:port`."""
    xllamacpp: Any = import_module("xllamacpp")  # a compiled module without types
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_ctx = context
    params.n_parallel = 1  # questions wait for each other: two at once would each be half as fast
    params.n_batch = params.n_ubatch = 128  # cancelling waits for one batch; larger ones measured no faster
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.cache_ram_mib = 64  # prompts swapped out by another question's, about 12 KB a token
    params.chat_template = template
    params.warmup = False
    params.fit_params = False
    params.verbosity = 1  # errors
    params.api_keys = [key]
    if prompts:
        params.slot_save_path = prompts  # a folder for prompts that were read, to be read no second time
    if projector:
        params.mmproj.path = projector
        params.n_batch = params.n_ubatch = 1024  # a frame is read in one piece by models that see all of it at once
    if tells_state:  # of a prompt's last token, as the last layer leaves it
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_LAST
    params.ui = False
    global server  # lives as long as the process
    server = xllamacpp.Server(params)
    return server.listening_address


def main() -> None:
    """Load the model that one line on stdin describes, print the address it is served at, and end with stdin."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which then closes our input
    print(serve(**json.loads(sys.stdin.readline())), flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # nobody reads the errors' pipe from here on
    sys.stdin.read()
    os._exit(0)  # nothing to save, and no thread to wait for


if __name__ == "__main__":
    main()
