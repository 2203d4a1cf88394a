import type { Charsets } from "./binlog/table-map.ts";
import type { Flavour } from "./flavour.ts";
import type { Source } from "./source.ts";

/** Where a server lists every collation with its number. */
const catalogues: Readonly<Record<Flavour, string>> = {
  mariadb: "COLLATION_CHARACTER_SET_APPLICABILITY",
  mysql: "COLLATIONS",
};

/** Every collation that the source knows, with its character set. */
export async function readCharsets(source: Source): Promise<Charsets> {
  const rows = await source.rows<{ id: number; charset: string }>(
    `SELECT ID AS id, CHARACTER_SET_NAME AS charset FROM information_schema.${catalogues[source.version.flavour]} WHERE ID IS NOT NULL`,
  );
  return new Map(rows.map(({ id, charset }) => [id, charset]));
}
