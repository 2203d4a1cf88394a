import { createHash } from "node:crypto";
import { script, type Command, type NodeFile } from "../../core/command.ts";
import type { TomcatSource } from "./version.ts";

/** As much of a context as tells where a Tomcat lies. */
export interface TomcatService {
  readonly service: string;
  readonly params: { readonly tomcat: TomcatSource };
}

/** Where the Tomcat of a service lies, and as whom it runs. */
export interface Place {
  readonly unit: string;
  /** User and group. */
  readonly account: string;
  /** Of `server.xml`. */
  readonly conf: string;
  readonly logs: string;
}

/** What belongs to the service on its node: settings, and what may be big. */
export function foldersOf({ service }: { service: string }): { settings: string; software: string } {
  return { settings: `/etc/hotsite/${service}`, software: `/opt/hotsite/${service}` };
}

export function placeOf({ service, params }: TomcatService): Place {
  return params.tomcat.kind === "debian" ? DEBIAN : archivePlace(service);
}

export const DEBIAN: Place = {
  unit: "tomcat10",
  account: "tomcat",
  conf: "/etc/tomcat10",
  logs: "/var/log/tomcat10",
};

/** A Tomcat from an archive, with a user and folders of its own: several of them can share a node. */
export function archivePlace(service: string): Place & { readonly base: string } {
  const unit = `tomcat-${service}`;
  const base = `/var/lib/${unit}`;
  return { unit, account: accountOf(unit), base, conf: `${base}/conf`, logs: `/var/log/${unit}` };
}

/** Readable by Tomcat and nobody else, see `giveTo`; a change restarts it. */
export const FOR_TOMCAT = { mode: 0o640, restarts: true };

/** Lets Tomcat read its files. (They are written before there is an account to write them for.) */
export function giveTo({ account }: Place, files: readonly NodeFile[]): Command {
  const paths = files.filter(({ mode }) => mode === FOR_TOMCAT.mode).map(({ path }) => path);
  return script('group=$1; shift; chgrp -- "$group" "$@"', account, ...paths);
}

/** Linux allows 32 characters. */
const LONGEST_ACCOUNT = 32;

function accountOf(unit: string): string {
  if (unit.length <= LONGEST_ACCOUNT) return unit;
  return `tomcat-${createHash("sha256").update(unit).digest("hex").slice(0, 12)}`;
}
