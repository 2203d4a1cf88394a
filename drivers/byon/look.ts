import type { Shell } from "../../core/shell.ts";
import { script } from "../../core/command.ts";
import { HotsiteError, messageOf, type Fault } from "../../core/errors.ts";
import { claimSchema, type HostClaim } from "./claim.ts";
import { lookText } from "./scripts.ts";

/** A host as it is now. */
export interface Look {
  readonly arch: string;
  /** `debian 12`. */
  readonly os: string;
  /** How far its clock is ahead of ours. */
  readonly clockAheadMs: number;
  readonly freeMb: number;
  readonly systemd: boolean;
  readonly claim?: HostClaim;
  /** Why the host says that nobody may have it. */
  readonly quarantine?: string;
  /** Hotsite's files on it. */
  readonly ours: readonly string[];
  /** TCP ports that are listened on. */
  readonly listens: readonly number[];
}

/** What a host has to be like. */
export interface Wish {
  readonly expose: readonly number[];
  readonly minFreeMb: number;
  readonly untestedSystems: boolean;
}

/** Something about one host that keeps it from being used. */
export type Objection = Pick<Fault, "problem" | "found" | "allowed" | "remedy">;

const testedSystems = ["debian 12", "debian 13"];
const architectures = ["x86_64", "aarch64"];
/** Certificates and reports need the time of day; a minute is what NTP never lets happen. */
const mostClockMs = 60_000;

/** Asks a host for everything in one exchange. */
export async function look(shell: Shell, signal: AbortSignal): Promise<Look> {
  const before = Date.now();
  const { stdout } = await shell.run(script(lookText), signal);
  return parseLook(shell.node, stdout, (before + Date.now()) / 2);
}

/** Throws `HotsiteError` "bad-host" when the host answers something else. */
export function parseLook(host: string, text: string, nowMs: number): Look {
  const facts = text.split("\n").map((line) => {
    const blank = line.indexOf(" ");
    return { name: line.slice(0, blank), value: line.slice(blank + 1).trim() };
  });
  const all = (name: string): string[] =>
    facts.filter((fact) => fact.name === name).map(({ value }) => value);
  const one = (name: string): string => all(name)[0] ?? "";
  if (one("end") !== "yes")
    throw new HotsiteError("bad-host", `${host} does not answer as a Linux host does`);
  if (one("user") !== "0")
    throw new HotsiteError("not-root", `${host}: commands do not run as root`, rootHint);
  const claim = one("claim");
  return {
    arch: one("arch"),
    os: one("os"),
    clockAheadMs: Number(one("time")) * 1000 - nowMs,
    freeMb: Number(one("freeMb")),
    systemd: one("systemd") === "yes",
    ...(claim !== "" && { claim: parseClaim(host, claim) }),
    ...(one("quarantine") !== "" && { quarantine: one("quarantine") }),
    ours: all("ours"),
    listens: [...new Set(all("listens").map((port) => Number.parseInt(port, 16)))].sort((a, b) => a - b),
  };
}

const rootHint = { hint: "log in as root, or let the user become root with sudo" };

/** Why a host without a claim cannot be used: all reasons. */
export function objections(seen: Look, wish: Wish): Objection[] {
  return [...systemObjections(seen, wish), ...cleanlinessObjections(seen, wish)];
}

function systemObjections(seen: Look, wish: Wish): Objection[] {
  const ahead = Math.round(seen.clockAheadMs / 1000);
  return [
    ...when(!architectures.includes(seen.arch), {
      problem: "its processor is not supported",
      found: seen.arch,
      allowed: architectures.join(", "),
    }),
    ...when(!testedSystems.includes(seen.os) && !wish.untestedSystems, {
      problem: "its system is not tested",
      found: seen.os || "unknown",
      allowed: testedSystems.join(", "),
      remedy: "install a system that is, or set untestedSystems: true",
    }),
    ...when(!seen.systemd, { problem: "it does not run systemd" }),
    ...when(Math.abs(seen.clockAheadMs) > mostClockMs, {
      problem: "its clock is wrong",
      found: `${Math.abs(ahead)} s ${ahead > 0 ? "ahead" : "behind"}`,
      remedy: "apt-get install systemd-timesyncd",
    }),
    ...when(seen.freeMb < wish.minFreeMb, {
      problem: "its disk is too full",
      found: `${seen.freeMb} MiB free on /`,
      allowed: `at least ${wish.minFreeMb} MiB`,
    }),
  ];
}

function cleanlinessObjections(seen: Look, wish: Wish): Objection[] {
  const taken = wish.expose.filter((port) => seen.listens.includes(port));
  return [
    ...when(seen.quarantine !== undefined, {
      problem: "it was not clean when it was given back",
      found: seen.quarantine ?? "",
      remedy: "remove what was left, then hotsite hosts release",
    }),
    ...when(seen.ours.length > 0, {
      problem: "it has files of another installation",
      found: seen.ours.join(" "),
      remedy: "remove them when nothing uses them",
    }),
    ...when(taken.length > 0, { problem: "ports that are needed are in use", found: taken.join(", ") }),
  ];
}

function when(wrong: boolean, objection: Objection): Objection[] {
  return wrong ? [objection] : [];
}

/** The claim in the text of its file. */
export function parseClaim(host: string, text: string): HostClaim {
  try {
    return claimSchema.parse(JSON.parse(text));
  } catch (cause) {
    const hint = "look at /var/lib/hotsite-host/claim on the host";
    throw new HotsiteError("bad-claim", `${host}: its claim cannot be read: ${messageOf(cause)}`, {
      cause,
      hint,
    });
  }
}

/** Objections in one line. */
export function inWords(reasons: readonly Objection[]): string {
  return reasons
    .map(({ problem, found }) => (found === undefined || found === "" ? problem : `${problem} (${found})`))
    .join("; ");
}
