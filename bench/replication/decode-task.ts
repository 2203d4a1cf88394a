import { z } from "zod";

/** What a program that reads a binlog is told, as its only argument. */
export const decodeTask = z.strictObject({
  port: z.number(),
  user: z.string(),
  password: z.string(),
  /** GTID positions between which it reads. */
  from: z.string(),
  to: z.string(),
  database: z.string(),
  /** How many there are. */
  rows: z.number(),
});

export type DecodeTask = z.infer<typeof decodeTask>;

export const decodeAnswer = z.strictObject({ rows: z.number(), seconds: z.number(), cpuSeconds: z.number() });

/** Does the work that the first argument describes, and prints how long it took. `read` gives how many rows it saw. */
export async function runDecoder(read: (task: DecodeTask) => Promise<number>): Promise<void> {
  const task = decodeTask.parse(JSON.parse(process.argv[2] ?? ""));
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const rows = await read(task);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - began) / 1000;
  console.log(JSON.stringify({ rows, seconds, cpuSeconds: (user + system) / 1e6 }));
}
