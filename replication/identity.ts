import { createHash } from "node:crypto";
import { HotsiteError } from "../core/errors.ts";
import { includesPosition, parsePosition, type Origin } from "../core/position.ts";
import type { Flavour } from "./flavour.ts";

/**
 * Which GTIDs the transactions of a link get at its target. They never look like the target's own: those of its applications alone say
 * what another site lacks.
 */
export interface Identity {
  /** Sets the GTID of the next transaction, one of Hotsite's bookkeeping. */
  own(): readonly string[];
  /** The same for one with rows of the source up to this transaction. */
  rows(gtid: string): readonly string[];
  /** The same for a statement that commits by itself. Whether it was run, `ran` tells after a crash. */
  statement(gtid: string): readonly string[];
  /** Whether the source's statement of this GTID was run, by the target's position. */
  ran(gtid: string, position: string): boolean;
}

/** What a target says of itself that its GTIDs follow from. */
export interface TargetIdentity {
  readonly flavour: Flavour;
  /** Whose writes are its own. */
  readonly origin: Origin;
  readonly serverId: number;
  readonly position: string;
}

export function identityOf(target: TargetIdentity): Identity {
  return target.flavour === "mariadb" ? mariadbIdentity(target) : mysqlIdentity(target);
}

/** MariaDB's bookkeeping has a GTID domain of its own: 1000 + the site's. */
const ownDomainOffset = 1000;

/**
 * A transaction of another MariaDB keeps its GTID: the server refuses one that it has already. Of a MySQL only its statements are named,
 * each in a domain made from its origin.
 */
function mariadbIdentity({ origin, serverId }: TargetIdentity): Identity {
  const own = (): readonly string[] => domainSql(Number(origin) + ownDomainOffset, serverId, "0");
  const named = (gtid: string): readonly string[] => domainSql(...partsOf(inDomain(gtid)));
  return {
    own,
    rows: (gtid) => (isSetGtid(gtid) ? own() : named(gtid)),
    statement: named,
    // Numbers of a MySQL need not come in order: only the last statement can have been run before a crash.
    ran: (gtid, position) =>
      isSetGtid(gtid)
        ? position.split(",").includes(inDomain(gtid))
        : includesPosition(parsePosition(position), parsePosition(gtid)),
  };
}

/** The number is checked against the domain that an earlier statement has set. */
function domainSql(domain: number, server: number, sequence: string): readonly string[] {
  return [
    `SET SESSION gtid_domain_id = ${domain}, server_id = ${server}`,
    `SET SESSION gtid_seq_no = ${sequence}`,
  ];
}

/**
 * Many transactions of the source become one, so their GTIDs would leave the target's set in countless pieces. Rows and bookkeeping are
 * numbered under a UUID of their own; a statement has its GTID of the source, and the rest is made known when the target is promoted.
 */
function mysqlIdentity({ origin, position }: TargetIdentity): Identity {
  const uuid = ownUuid(String(origin));
  let next = highestOf(uuid, position) + 1n;
  const own = (): readonly string[] => {
    next += 1n;
    return [gtidNextSql(`${uuid}:${next - 1n}`)];
  };
  return {
    own,
    rows: own,
    statement: (gtid) => [gtidNextSql(inSet(gtid))],
    ran: (gtid, held) => includesPosition(parsePosition(held), parsePosition(inSet(gtid))),
  };
}

/** Sets the GTID of a transaction beside a stream, which may count its own ahead. */
export function besideSql(target: TargetIdentity): readonly string[] {
  if (target.flavour === "mariadb") return mariadbIdentity(target).own();
  const uuid = ownUuid(`${target.origin}/beside`);
  return [gtidNextSql(`${uuid}:${highestOf(uuid, target.position) + 1n}`)];
}

function gtidNextSql(gtid: string): string {
  return `SET gtid_next = '${gtid}'`;
}

/** Prefixes of UUIDs that no server gives itself: "hotsite" and "mariadb" in ASCII. */
const ownPrefix = "686f7473-6974-6500";
const mariadbPrefix = "6d617269-6164-6200";

/** The UUID of what Hotsite writes on a MySQL server besides its applications. */
export function ownUuid(serverUuid: string): string {
  return uuidOf(ownPrefix, createHash("sha256").update(serverUuid).digest("hex").slice(0, 16));
}

/** A GTID as MySQL knows it; one of a MariaDB gets a UUID made from domain and server. */
export function inSet(gtid: string): string {
  if (isSetGtid(gtid)) return gtid;
  const [domain, server, sequence] = partsOf(gtid);
  return `${uuidOf(mariadbPrefix, hex32(domain) + hex32(server))}:${sequence}`;
}

/** A GTID as MariaDB knows it; one of a MySQL gets a domain made from its origin, far from those that people choose. */
export function inDomain(gtid: string): string {
  if (!isSetGtid(gtid)) return gtid;
  const colon = gtid.lastIndexOf(":");
  const hash = createHash("sha256").update(gtid.slice(0, colon)).digest().readUInt32BE(0);
  const domain = firstMade + (hash % (2 ** 31 - firstMade));
  return `${domain}-${domain}-${gtid.slice(colon + 1)}`;
}

const firstMade = 2001;

function isSetGtid(gtid: string): boolean {
  return gtid.includes(":");
}

function partsOf(gtid: string): [number, number, string] {
  const match = /^(\d+)-(\d+)-(\d+)$/.exec(gtid);
  if (match === null) throw new HotsiteError("bad-position", `not a MariaDB GTID: ${gtid}`);
  return [Number(match[1]), Number(match[2]), match[3] ?? ""];
}

function hex32(number: number): string {
  return number.toString(16).padStart(8, "0");
}

function uuidOf(prefix: string, digits: string): string {
  return `${prefix}-${digits.slice(0, 4)}-${digits.slice(4)}`;
}

function highestOf(uuid: string, position: string): bigint {
  const held = parsePosition(position);
  return (held.form === "mysql" ? held.set.get(uuid)?.at(-1)?.last : undefined) ?? 0n;
}
