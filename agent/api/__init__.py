"""`vidscout api`: the HTTP face for programs, in the shape of OpenAI's chat completions. Needs the extra `serve`."""
