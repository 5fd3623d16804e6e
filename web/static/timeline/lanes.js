/* What the lanes of a timeline consist of, and what stands where in them. */

/** From top to bottom. */
export const KINDS = ["relevance", "shot", "chapter", "speech", "screen_text", "object", "person", "sound"];
const FEWER = ["relevance", "chapter", "speech"]; // on a phone
const STRIP = 40, LANE = 18; // pixels high

/** A lane with its times as numbers side by side, and the longest stretch, by which the first one shown is found. */
export function prepared(lane) {
  const count = lane.bars.length;
  const starts = new Float64Array(count), ends = new Float64Array(count);
  let longest = 0;
  lane.bars.forEach(([start, end], i) => {
    starts[i] = start;
    ends[i] = end;
    longest = Math.max(longest, end - start);
  });
  return { ...lane, count, starts, ends, longest };
}

/** The first stretch that may reach into a time, by halving. */
export function first(lane, from) {
  let low = 0, high = lane.count;
  const wanted = from - lane.longest;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lane.starts[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last stretch that stands at a time; -1 where none does. */
export function standing(lane, at) {
  let found = -1;
  for (let i = first(lane, at); i < lane.count && lane.starts[i] <= at; i += 1) if (lane.ends[i] >= at) found = i;
  return found;
}

/** The rows that are drawn: those in which something is, or will be. */
export function rowsOf(lanes, counts, pictured, compact) {
  const rows = [];
  for (const kind of compact ? FEWER : KINDS) {
    const lane = lanes.find((one) => one.kind === kind);
    if (kind === "relevance") rows.push({ kind, height: LANE });
    else if (kind === "shot") rows.push({ kind, lane, height: pictured ? STRIP : LANE });
    else if (lane || counts?.[kind]) rows.push({ kind, lane, height: LANE });
  }
  return rows;
}
