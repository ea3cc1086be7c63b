/** The results as Markdown. */

/** @typedef {{ peer: string, title: string, name: string, cold: { start: number, load: number, first: number },
 *   agreement?: { worst: number, apart: number }, rounds: number[], counts: Record<string, number> }} Result */
/** @typedef {{ peer: string, name: string, ms?: number, error?: string }} Heat */

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** How many times longer than the first contender, round by round. @param {Result} result @param {Result} first */
export const ratios = (result, first) => result.rounds.map((ms, i) => ms / first.rounds[i]);

/** Three digits. @param {number} value */
const short = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** @param {number} value */
const bytes = (value) => {
  if (value < 10_000) return `${value}`;
  return value < 10_000_000 ? `${short(value / 1024)} KiB` : `${short(value / 1024 / 1024)} MiB`;
};

/** @param {string[][]} rows the first is the head */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(" | ")} |`;
  // All columns but the first hold numbers.
  const rule = widths.map((width, column) => (column > 0 ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  const [head, ...body] = rows.map((row) =>
    line(row.map((cell, column) => (column > 0 ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))));
  return [head, line(rule), ...body].join("\n");
}

/** One case. @param {string} name @param {Result[]} results @param {Heat[]} heats */
export function report(name, results, heats) {
  const [first] = results;
  const rows = [["", "median ms", "min ms", "times as long: median", "min", "cold start ms", "submits", "dispatches",
    "read back", "new buffers", "worst difference"]];
  for (const result of results) {
    const ratio = ratios(result, first);
    const { start, load, first: run } = result.cold;
    const { submits, dispatches, readBytes, bufferBytes } = result.counts;
    rows.push([
      result.peer === result.name ? result.title : `${result.title} (${result.name})`,
      short(median(result.rounds)),
      short(Math.min(...result.rounds)),
      result === first ? "1" : short(median(ratio)),
      result === first ? "1" : short(Math.min(...ratio)),
      short(start + load + run),
      `${submits}`,
      `${dispatches}`,
      bytes(readBytes),
      bytes(bufferBytes),
      result.agreement ? result.agreement.worst.toExponential(1) : "",
    ]);
  }
  const tried = heats.map(({ name, ms, error }) =>
    `${name} ${ms === undefined ? `failed (${error})` : `${short(ms)} ms`}`);
  const variants = tried.length > 0 ? `\n\nVariants tried, the best of two to five runs: ${tried.join(", ")}.` : "";
  return `### ${name}\n\n${table(rows)}${variants}`;
}
