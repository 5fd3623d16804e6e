"""Cutting stretches out of a media file: as a clip, as a moving picture for chats, as a contact sheet."""
