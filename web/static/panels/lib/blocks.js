/* A list of thousands of rows of which only those near what is seen are elements: rows lie in blocks, and a block that is
   far away is an empty box as high as its rows were, or are likely to be. */

import { el } from "../../dom.js";

const ROWS = 60; // of a block
const NEAR = "900px"; // above and below what is seen

export class Blocks {
  items = [];
  #blocks = [];
  #rows = new Map(); // by the number of the item

  /** `make(item)` gives the element of a row, `height(item)` how high it is likely to be, in pixels. */
  constructor(list, make, height) {
    Object.assign(this, { list, make, height });
    this.observer = new IntersectionObserver((seen) => {
      for (const { target, isIntersecting } of seen) isIntersecting ? this.#fill(target.number) : this.#empty(target.number);
    }, { root: list, rootMargin: `${NEAR} 0px` });
  }

  /** Show other items. */
  set(items) {
    this.observer.disconnect();
    this.items = items;
    this.#rows.clear();
    this.#blocks = [];
    for (let from = 0; from < items.length; from += ROWS) {
      const element = el("div.vs-block"), rows = items.slice(from, from + ROWS);
      element.number = this.#blocks.length;
      element.style.height = `${rows.reduce((sum, one) => sum + this.height(one), 0)}px`;
      this.#blocks.push({ element, from, rows, filled: false });
    }
    this.list.replaceChildren(...this.#blocks.map((one) => one.element));
    for (const { element } of this.#blocks) this.observer.observe(element);
  }

  /** The row of an item, by its number; it is made where it is not there. */
  row(number) {
    this.#fill(Math.floor(number / ROWS));
    return this.#rows.get(number);
  }

  /** The rows that are there, with the numbers of their items. */
  rows() { return this.#rows.entries(); }

  /** Make a row anew, where it is there. */
  renew(number) {
    const before = this.#rows.get(number);
    if (!before) return;
    const row = this.make(this.items[number]);
    before.replaceWith(row);
    this.#rows.set(number, row);
  }

  #fill(number) {
    const block = this.#blocks[number];
    if (!block || block.filled) return;
    block.filled = true;
    const made = block.rows.map((item, at) => {
      const row = this.make(item);
      this.#rows.set(block.from + at, row);
      return row;
    });
    block.element.replaceChildren(...made);
    block.element.style.height = "";
  }

  #empty(number) {
    const block = this.#blocks[number];
    if (!block?.filled || block.element.contains(document.activeElement)) return;
    const height = block.element.offsetHeight;
    if (!height) return; // the whole list is hidden
    block.element.style.height = `${height}px`;
    block.element.replaceChildren();
    block.filled = false;
    for (let at = 0; at < block.rows.length; at += 1) this.#rows.delete(block.from + at);
  }
}
