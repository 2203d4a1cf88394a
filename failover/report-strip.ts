import type { DrillReport } from "./drill-report.ts";
import { html, type Html } from "./html.ts";

const [WIDTH, HEIGHT] = [960, 44];

/** Each slice of the drill's time as a bar: filled from below by the share of good answers, dark from above by that of bad ones. */
export function availabilityStrip({ client, faultMs, startedMs, kind }: DrillReport): Html {
  const { strip, sliceMs } = client;
  if (strip.length === 0) return html`<p>No request was made.</p>`;
  const width = WIDTH / strip.length;
  const xOf = (atMs: number) => ((atMs - startedMs) / (strip.length * sliceMs)) * WIDTH;
  const bars = strip.map(({ good, bad }, index) => bar(index * width, width, good, bad));
  const fault =
    faultMs === null
      ? ""
      : html`<line
          class="fault"
          x1="${fixed(xOf(faultMs))}"
          x2="${fixed(xOf(faultMs))}"
          y1="0"
          y2="${String(HEIGHT)}"
        />`;
  const seconds = Math.round((strip.length * sliceMs) / 1000);
  const label = `Availability over ${seconds} s: ${client.requests - client.failed} good answers, ${client.failed} failed`;
  return html`<figure>
    <svg
      viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT + 16)}"
      shape-rendering="crispEdges"
      role="img"
      aria-label="${label}"
    >
      ${bars}${fault}
      <text x="0" y="${String(HEIGHT + 14)}">0 s</text>
      <text x="${String(WIDTH)}" y="${String(HEIGHT + 14)}" text-anchor="end">${String(seconds)} s</text>
    </svg>
    <figcaption>
      Requests by the time at which they began: <span class="key good"></span> answered,
      <span class="key bad"></span>
      failed${faultMs === null ? "" : html`, <span class="key fault"></span> ${kind === "switchover" ? "the switchover" : "the fault"}`}.
    </figcaption>
  </figure>`;
}

function bar(x: number, width: number, good: number, bad: number): Html {
  if (good + bad === 0) return html``;
  const badHeight = (bad / (good + bad)) * HEIGHT;
  const rect = (kind: string, y: number, height: number) =>
    height === 0
      ? html``
      : html`<rect
          class="${kind}"
          x="${fixed(x)}"
          y="${fixed(y)}"
          width="${fixed(width)}"
          height="${fixed(height)}"
        />`;
  return html`${rect("bad", 0, badHeight)}${rect("good", badHeight, HEIGHT - badHeight)}`;
}

function fixed(value: number): string {
  return value.toFixed(2);
}
