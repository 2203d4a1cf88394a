/** One number of a monitor, with what it means. */
export interface MetricFamily {
  /** With its unit at the end: `hotsite_link_lag_seconds`. */
  readonly name: string;
  readonly kind: "gauge" | "counter";
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The media type of the text below. */
export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

/** The text that Prometheus reads. A family without samples is left out: nothing is known of it yet. */
export function exposition(families: readonly MetricFamily[]): string {
  return families.map(familyText).join("");
}

function familyText({ name, kind, help, samples }: MetricFamily): string {
  if (samples.length === 0) return "";
  const head = [
    `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
    `# TYPE ${name} ${kind}`,
  ];
  return `${[...head, ...samples.map((sample) => `${name}${labelsText(sample.labels)} ${sample.value}`)].join("\n")}\n`;
}

function labelsText(labels: Sample["labels"]): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
