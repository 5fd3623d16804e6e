"""Which earlier answers a question that brings its history along may lean on."""

from vidscout.agent.answer import Answer
from vidscout.agent.api.asking.conversations import FORGOTTEN, Conversations
from vidscout.agent.api.shapes import ChatRequest


def request(*said: str) -> ChatRequest:
    roles = ("user", "assistant")
    messages = [{"role": roles[at % 2], "content": text} for at, text in enumerate(said)]
    return ChatRequest.model_validate({"model": "vidscout", "messages": messages})


def answer(text: str, *videos: str) -> Answer:
    return Answer(text, None, False, 1.0, [], [], [], [], {}, {}, {}, "embedded", "Who?", list(videos))


def test_an_answer_about_a_forgotten_video_is_not_leaned_on():
    videos = {"a", "b"}
    conversations = Conversations(videos.__contains__)
    first = answer("A xylophonist.", "a", "b")
    conversations.remember(request("Who?"), "key", first)
    later = request("Who?", first.text, "And then?")
    assert conversations.before(later, "key") == ([first], [])
    assert conversations.before(later, "another key") == ([], [FORGOTTEN])
    videos.remove("b")
    assert conversations.before(later, "key") == ([], [FORGOTTEN])
    videos.add("b")
    assert conversations.before(later, "key") == ([], [FORGOTTEN]), "nothing of it was kept"
