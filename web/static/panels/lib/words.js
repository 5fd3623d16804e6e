/* The words of the line that is spoken, each lit while it is: their times are asked for a minute or two at a time. */

import { el } from "../../dom.js";

const AT_ONCE = 120; // seconds of words

export class Words {
  #lines = new Map(); // by the id of the finding
  #asked = new Set();

  /** `arrived` is called when the times of some words have come. */
  constructor(api, arrived) { Object.assign(this, { api, arrived }); }

  forget() { this.#lines.clear(); this.#asked.clear(); }

  /** The words of a spoken line of a video, where they are here: `[text, start, end]` each. */
  of(video, line) {
    const part = Math.floor(line.start / AT_ONCE), name = `${video} ${part}`;
    if (!this.#asked.has(name)) {
      this.#asked.add(name);
      const within = `start=${part * AT_ONCE}&end=${(part + 1) * AT_ONCE}`;
      this.api(`/v1/videos/${video}/findings?modality=speech&words=true&${within}`).then(({ data }) => {
        for (const one of data) this.#lines.set(one.id, one.words);
        this.arrived();
      }, () => this.#asked.delete(name));
    }
    return this.#lines.get(line.id);
  }
}

/** Cut the text of a line into its words, where they are all in it; whether they are. */
export function cut(place, text, words) {
  const parts = [];
  let from = 0;
  for (const [word] of words) {
    const said = word.trim(), at = text.indexOf(said, from);
    if (at < 0) return false;
    parts.push(text.slice(from, at), el("span.vs-word", {}, said));
    from = at + said.length;
  }
  place.replaceChildren(...parts, text.slice(from));
  return true;
}

/** Light the words up to a time in seconds. */
export function light(place, words, now) {
  const spans = place.querySelectorAll(".vs-word");
  words.forEach(([, start, end], at) => {
    spans[at]?.classList.toggle("vs-lit", start <= now && now < Math.max(end, words[at + 1]?.[1] ?? end));
  });
}
