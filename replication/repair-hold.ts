import type { GtidPosition } from "../core/position.ts";
import { readFacts } from "./checkpoint.ts";
import { besideSql } from "./identity.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Target } from "./target.ts";
import { checkpointSql, wholePosition } from "./verify-look.ts";

/**
 * Begins a transaction at the target in which its stream stands still, and tells at which position: whoever applies the stream moves this
 * checkpoint before anything else. Throws "not-following" where no stream may write.
 */
export async function holdStream(target: Target, stream: string | undefined): Promise<GtidPosition> {
  const facts = await readFacts(target);
  await target.run([...besideSql(facts), "START TRANSACTION"].join(";\n"));
  const [row] = await target.rows<{ epoch: string; position: string }>(`${checkpointSql(stream)} FOR UPDATE`);
  const position = wholePosition(row);
  if (Number(row?.epoch) > facts.promoted) return position;
  throw new HotsiteError("not-following", `the target was promoted under epoch ${facts.promoted}`, {
    hint: "its own data counts now; repair the site that follows it",
  });
}
