/* A picture to search by: chosen, dropped or pasted, made small here, and shown in the bar until it is taken away. */

import { el } from "../../dom.js";
import { tool } from "./kit.js";

const SIDE = 512; // pixels of the longer side that is sent: frames are looked at smaller still

export class Looking {
  picture = null; // a data: address

  /** `changed(failed)` is called when there is another picture, or none, or one that cannot be read. */
  constructor(panel, t, changed) {
    Object.assign(this, { changed, t });
    this.file = el("input", { type: "file", accept: "image/*", hidden: true, onchange: () => { this.take(this.file.files); this.file.value = ""; } });
    this.button = tool("image", t("se_picture"), () => this.file.click());
    this.chip = el("span.vs-picturechip", { hidden: true });
    panel.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      panel.classList.add("vs-over");
    });
    panel.addEventListener("dragleave", (event) => { if (!panel.contains(event.relatedTarget)) panel.classList.remove("vs-over"); });
    panel.addEventListener("drop", (event) => {
      panel.classList.remove("vs-over");
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      event.stopPropagation();
      this.take(event.dataTransfer.files);
    });
    this.pasted = (event) => {
      if (!panel.isConnected) document.removeEventListener("paste", this.pasted);
      else if (panel.offsetParent && event.clipboardData?.files.length) { event.preventDefault(); this.take(event.clipboardData.files); }
    };
    document.addEventListener("paste", this.pasted);
  }

  async take([file]) {
    if (!file) return;
    try {
      this.picture = await small(file);
    } catch {
      this.clear();
      this.changed(true);
      return;
    }
    this.chip.replaceChildren(el("img", { src: this.picture, alt: "" }), el("span", { dir: "auto" }, file.name), tool("close", this.t("se_picture_off"), () => { this.clear(); this.changed(false); }));
    this.chip.hidden = false;
    this.changed(false);
  }

  clear() {
    this.picture = null;
    this.chip.hidden = true;
  }

  get elements() { return [this.button, this.file]; }
}

/** The picture of a file as a small JPEG. */
async function small(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(SIDE / Math.max(bitmap.width, bitmap.height), 1);
  const canvas = el("canvas", { width: Math.max(Math.round(bitmap.width * scale), 1), height: Math.max(Math.round(bitmap.height * scale), 1) });
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.toDataURL("image/jpeg", 0.9);
}
