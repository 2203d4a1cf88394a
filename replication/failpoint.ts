/**
 * A named place where a test may kill this process: `HOTSITE_FAILPOINT=after-target-commit:3` does so at the third pass. Without the
 * variable it costs nothing.
 */
export function failpoint(name: string): void {
  if (wanted === undefined || wanted.name !== name) return;
  wanted.passes -= 1;
  if (wanted.passes <= 0) process.kill(process.pid, "SIGKILL");
}

const wanted = parse(process.env.HOTSITE_FAILPOINT);

function parse(text: string | undefined): { name: string; passes: number } | undefined {
  if (text === undefined || text === "") return undefined;
  const [name = "", passes = "1"] = text.split(":");
  return { name, passes: Number(passes) };
}
