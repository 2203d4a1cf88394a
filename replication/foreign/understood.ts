import { parsePosition } from "../../core/position.ts";
import type { SchemaStatement, StatementChange, TransactionRecord } from "../record.ts";
import type { Target } from "../target.ts";
import { interpreterFor, type Interpreter } from "./foreign.ts";

/** Statements of the source as the target understands them: those of the other kind of server are translated. */
export class Understood {
  readonly #target: Target;
  /** Asked for when the source turns out to be of the other kind. */
  #interpreter: Promise<Interpreter> | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  /** Throws "untranslatable" with the GTID. */
  async statement({ gtid }: TransactionRecord, change: StatementChange): Promise<StatementChange> {
    return (await this.#interpreterFor(gtid))?.statement(change, gtid) ?? change;
  }

  /** Parts of a schema; `position` is one of the source. */
  async schema(
    statements: readonly SchemaStatement[],
    position: string,
  ): Promise<readonly SchemaStatement[]> {
    const interpreter = await this.#interpreterFor(position);
    return interpreter === undefined ? statements : statements.map((one) => interpreter.schema(one));
  }

  /** None between two servers of one kind. The form of a position tells whose it is. */
  async #interpreterFor(position: string): Promise<Interpreter | undefined> {
    const { form } = parsePosition(position);
    if (form === "empty" || form === this.#target.version.flavour) return undefined;
    this.#interpreter ??= interpreterFor(this.#target);
    return this.#interpreter;
  }
}
