"""`vidscout remember` and `vidscout recall`: a video is read once by the answerer, and asked in another process."""

from typing import Annotated

import typer

from ..common import common_options, print_json

VIDEO = typer.Argument(help="The id or name of a video that has been read.")


def remember(
    context: typer.Context,
    video: Annotated[str, VIDEO],
    kind: Annotated[
        str, typer.Option(help="rekv keeps every frame's block, stream_memory a memory a clip and a summary.")
    ] = "rekv",
    frames: Annotated[
        int | None, typer.Option(min=1, help="Frames to remember, spread evenly.", show_default="256")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Have the answerer read a video once and keep it, so that `recall` answers without reading it again."""
    from ...asking.remembering import FRAMES

    with common_options(context).scout() as scout:
        found = scout.remember(video, kind, frames or FRAMES)
    print_json(found.as_dict()) if json else print(found)


def recall(
    context: typer.Context,
    video: Annotated[str, VIDEO],
    question: Annotated[str, typer.Argument(help="What to answer from what is remembered.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Answer from what is remembered of a video: nothing is searched, cited or verified."""
    with common_options(context).scout() as scout:
        pieces = scout.recall(video, question)
        if json:
            print_json({"video": scout.find(video).id, "question": question, "answer": "".join(pieces)})
            return
        for piece in pieces:
            print(piece, end="", flush=True)
        print()
