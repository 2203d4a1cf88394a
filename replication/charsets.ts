import type { Charsets } from "./binlog/table-map.ts";
import type { Source } from "./source.ts";

/** Every collation that the source knows, with its character set. */
export async function readCharsets(source: Source): Promise<Charsets> {
  const rows = await source.rows<{ id: number; charset: string }>(
    "SELECT id, character_set_name AS charset FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY WHERE id IS NOT NULL",
  );
  return new Map(rows.map(({ id, charset }) => [id, charset]));
}
