import type { Service } from "../../core/recipe.ts";
import type { MysqlParams } from "./params.ts";
import { FLAVOURS } from "./flavour.ts";

/** Where a database server and what belongs to it are on its node. */
export interface Server {
  readonly unit: string;
  /** Its programs, absolute or on the path; the client logs in as an administrator by itself. */
  readonly program: string;
  readonly client: string;
  readonly dump: string;
  readonly upgrade: string;
  /** The folder with the databases. */
  readonly data: string;
  /** Says whose databases they are, and which server wrote them last. */
  readonly marker: string;
  /** Option files; the second one comes first and holds what depends on the node's memory. */
  readonly settings: string;
  readonly memory: string;
  readonly pidFile: string;
  /** Certificate and key, as the server reads them. */
  readonly tls: string;
}

/** What is needed to say where a server is: as much as a command of the service knows. */
export interface ServerOf {
  readonly service: string;
  readonly params: MysqlParams;
}

/** The folder on the node that holds what belongs to the service. */
export function serviceFolder({ service }: { service: string }): string {
  return `/etc/hotsite/${service}`;
}

/** The server of a service: the node's own, or one that is sent there. */
export function serverOf(of: ServerOf): Server {
  return of.params.source.kind === "node" ? nodeServer : sentServer(of);
}

/** The client that logs in as an administrator, of any service that may be a database. */
export function clientOf({ name, params }: Service): string {
  return isDatabase(params) ? serverOf({ service: name, params }).client : nodeServer.client;
}

function isDatabase(params: unknown): params is MysqlParams {
  return typeof params === "object" && params !== null && "flavour" in params && "source" in params;
}

/** The marker of the same service's data with a server that comes in the other way. */
export function markerElsewhere(of: ServerOf): string {
  return of.params.source.kind === "node" ? sentServer(of).marker : nodeServer.marker;
}

/** Debian's MariaDB, in Debian's places. */
const nodeServer: Server = {
  unit: "mariadb",
  ...{ program: "mariadbd", client: "mariadb", dump: "mariadb-dump", upgrade: "mariadb-upgrade" },
  data: "/var/lib/mysql",
  marker: "/var/lib/mysql/hotsite-data",
  // After Debian's own files, so that these values win.
  settings: "/etc/mysql/mariadb.conf.d/90-hotsite.cnf",
  memory: "/etc/mysql/mariadb.conf.d/89-hotsite-memory.cnf",
  pidFile: "/run/mysqld/mysqld.pid",
  tls: "/etc/mysql/hotsite",
};

function sentServer({ service, params: { flavour } }: ServerOf): Server {
  const { server, client, dump } = FLAVOURS[flavour];
  const unit = `hotsite-mysql-${service}`;
  const programs = `/opt/hotsite/${service}/bin`;
  return {
    unit,
    ...{ program: `${programs}/${server}`, client: `${programs}/${client}`, dump: `${programs}/${dump}` },
    upgrade: `${programs}/mariadb-upgrade`,
    data: `/var/lib/${unit}/data`,
    marker: `/var/lib/${unit}/hotsite-data`,
    settings: `${serviceFolder({ service })}/server.cnf`,
    memory: `${serviceFolder({ service })}/memory.cnf`,
    pidFile: `/run/${unit}/server.pid`,
    tls: `/run/${unit}/tls`,
  };
}
