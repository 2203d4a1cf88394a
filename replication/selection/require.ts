import { HotsiteError } from "../../core/errors.ts";
import type { LinkOrder } from "../../core/protection.ts";
import type { Selection } from "./selection.ts";

/** Throws "selection-changed" when a stream was begun with another selection: what it has left out is missing for ever, what it has brought stays. */
export function requireSelection(
  { stream, selection: begun }: Pick<LinkOrder, "stream" | "selection">,
  selection: Selection,
): void {
  const same = begun === undefined ? !selection.filters && !selection.renames : begun === selection.text;
  if (same) return;
  throw new HotsiteError(
    "selection-changed",
    `stream ${stream} was begun with other databases, tables, columns or programs than are declared now`,
    {
      hint: "end `hotsite replicate`, order a new first copy by `hotsite replication reseed`, and start it again; or declare them as they were",
    },
  );
}
