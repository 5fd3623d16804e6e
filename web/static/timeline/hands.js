/* Pointer, wheel and keys of a timeline: a click seeks, a drag chooses a range, the wheel and the bar below move and zoom. */

const DRAG = 5; // pixels before a press is a drag

/** Let people use the lanes with a pointer. */
export function pointing(timeline) {
  const { body, player } = timeline;
  let press = null;
  const x = (event) => event.clientX - body.getBoundingClientRect().left;
  body.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    press = { x: x(event), at: timeline.at(x(event)), moved: false };
    body.setPointerCapture(event.pointerId);
  });
  body.addEventListener("pointermove", (event) => {
    if (press && (press.moved ||= Math.abs(x(event) - press.x) > DRAG)) timeline.setRange([press.at, timeline.at(x(event))].sort((a, b) => a - b), true);
    timeline.hover(x(event), event.clientY, event.pointerType === "mouse" || press?.moved);
  });
  body.addEventListener("pointerup", (event) => {
    if (press?.moved) timeline.setRange(timeline.range);
    else if (press) player.seek(timeline.at(x(event)), player.playing);
    press = null;
  });
  body.addEventListener("pointercancel", () => { press = null; });
  for (const name of ["pointerleave", "blur"]) body.addEventListener(name, () => timeline.hint.hide());
  body.addEventListener("wheel", (event) => {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      timeline.zoom(Math.exp(event.deltaY / 300), timeline.at(x(event)));
    } else if ((event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) && timeline.to - timeline.from < timeline.duration) {
      event.preventDefault();
      timeline.pan((event.deltaX || event.deltaY) / body.clientWidth);
    }
  }, { passive: false });
}

/** Let people move the window by the bar below. */
export function gripping(timeline) {
  const bar = timeline.window;
  let grip = null;
  bar.addEventListener("pointerdown", (event) => {
    const box = bar.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * timeline.duration, span = timeline.to - timeline.from;
    if (at < timeline.from || at > timeline.to) timeline.look(at - span / 2, at + span / 2);
    grip = { x: event.clientX, from: timeline.from, width: box.width };
    bar.setPointerCapture(event.pointerId);
  });
  bar.addEventListener("pointermove", (event) => {
    if (!grip) return;
    const from = grip.from + ((event.clientX - grip.x) / grip.width) * timeline.duration;
    timeline.look(from, from + timeline.to - timeline.from);
  });
  for (const name of ["pointerup", "pointercancel"]) bar.addEventListener(name, () => { grip = null; });
}

/** Let people use the lanes by keys. */
export function keys(timeline) {
  const { body, player } = timeline;
  body.addEventListener("keydown", (event) => {
    const { now, duration, range } = timeline;
    const seek = (to) => {
      const at = Math.min(Math.max(to, 0), duration);
      player.seek(at, player.playing);
      timeline.step(at);
    };
    const steps = {
      ArrowLeft: () => seek(now - (event.shiftKey ? 1 : 5)), ArrowRight: () => seek(now + (event.shiftKey ? 1 : 5)),
      PageUp: () => seek(now - duration / 10), PageDown: () => seek(now + duration / 10),
      Home: () => seek(0), End: () => seek(duration), " ": () => player.toggle(),
      "+": () => timeline.zoom(0.5), "=": () => timeline.zoom(0.5), "-": () => timeline.zoom(2), 0: () => timeline.look(0, duration),
      "[": () => timeline.setRange([now, Math.max(range?.[1] ?? duration, now + 0.2)]),
      "]": () => timeline.setRange([Math.min(range?.[0] ?? 0, now - 0.2), now]),
      Escape: () => timeline.setRange(null),
    };
    if (!steps[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    steps[event.key]();
  });
}
