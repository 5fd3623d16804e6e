"""One question over HTTP: what it asks, under which settings, in which conversation; and models loaded ahead of it."""
