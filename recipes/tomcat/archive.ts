import { file, script, type Command, type NodeFile } from "../../core/command.ts";
import { REMOVE_COMMON } from "../common.ts";
import { REMOVE_ACCOUNT, SYSTEM_ACCOUNT, UNPACK } from "../shell-functions.ts";
import { javaLink } from "./java.ts";
import { archivePlace, foldersOf, type TomcatService } from "./place.ts";
import type { TomcatSource } from "./version.ts";
import { CONFINED } from "../systemd.ts";

type Archive = Extract<TomcatSource, { kind: "archive" }>;

interface ArchiveService extends TomcatService {
  readonly params: { readonly tomcat: TomcatSource; readonly drainSeconds: number };
}

/** The archive, and the unit that runs it. */
export function archiveFiles(context: ArchiveService, source: Archive): readonly NodeFile[] {
  const { archive } = layoutOf(context, source);
  return [
    file(archive, { local: source.archive.located.path }, { restarts: true }),
    file(unitFile(context.service), unit(context, source), { restarts: true }),
  ];
}

/** Where what was unpacked lies: CATALINA_HOME. */
export function homeOf(context: ArchiveService, source: Archive): string {
  return layoutOf(context, source).home;
}

/** Makes the user, unpacks the archive beside older ones, and lays out CATALINA_BASE. A Tomcat of Debian's that this service had is left. */
export function archiveSetup(context: ArchiveService, source: Archive): readonly Command[] {
  const { home, archive } = layoutOf(context, source);
  const { base, account, logs, unit } = archivePlace(context.service);
  return [
    script(LEAVE_DEBIAN, foldersOf(context).settings),
    script(UNPACK_TOMCAT, archive, home, account),
    script(MAKE_BASE, base, home, account, logs, unit, archive),
  ];
}

/** Leaves a Tomcat from an archive that this service had before it took Debian's. */
export function leaveArchive({ service }: { service: string }): Command {
  const { unit, base, logs, account } = archivePlace(service);
  return script(
    LEAVE_ARCHIVE,
    unit,
    unitFile(service),
    account,
    base,
    logs,
    `${foldersOf({ service }).software}/tomcat`,
  );
}

/** Removes what the service brought besides packages and files. */
export function removeTomcat({ service, params }: TomcatService): Command {
  const { settings, software } = foldersOf({ service });
  const { account, base, logs } = archivePlace(service);
  const debian = params.tomcat.kind === "debian";
  const rest = debian ? DEBIAN_REST : [base, logs, unitFile(service)];
  return script(REMOVE, debian ? "" : account, settings, software, ...rest);
}

/** What Debian's package and our settings for it leave. */
const DEBIAN_REST = [
  "/etc/systemd/system/tomcat10.service.d",
  "/etc/tomcat10/Catalina/localhost",
  "/var/cache/tomcat10/Catalina",
];

function layoutOf(context: ArchiveService, { archive, version }: Archive): { home: string; archive: string } {
  const { software } = foldersOf(context);
  const name = `${version}-${archive.located.hash.slice(0, 12)}`;
  return { home: `${software}/tomcat/${name}`, archive: `${software}/archives/${name}.tar.gz` };
}

function unitFile(service: string): string {
  return `/etc/systemd/system/${archivePlace(service).unit}.service`;
}

/** How long Tomcat may take to stop once the requests in progress have had their time. */
const STOP_SECONDS = 20;

function unit(context: ArchiveService, source: Archive): string {
  const { service, params } = context;
  const { settings, software } = foldersOf(context);
  const { account, base, logs } = archivePlace(service);
  const { home } = layoutOf(context, source);
  return `[Unit]
Description=Tomcat ${source.version} of ${service}
After=network-online.target
StartLimitIntervalSec=0

[Service]
Environment=CATALINA_HOME=${home} CATALINA_BASE=${base} JRE_HOME=${javaLink(context)}
EnvironmentFile=${settings}/environment
ExecStart=${home}/bin/catalina.sh run
SuccessExitStatus=143
TimeoutStopSec=${params.drainSeconds + STOP_SECONDS}
Restart=always
RestartSec=1
User=${account}
${CONFINED}
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
ReadWritePaths=${base} ${logs} -${software}

[Install]
WantedBy=multi-user.target
`;
}

const UNPACK_TOMCAT = `
set -eu
${SYSTEM_ACCOUNT}
${UNPACK}
system_account "$3"
unpack "$1" "$2" --strip-components=1
# Apache packs it for its owner alone.
chmod -R a+rX "$2"
[ -x "$2/bin/catalina.sh" ] || { rm -rf "$2"; echo "$1 is not an archive of Tomcat: it has no bin/catalina.sh" >&2; exit 1; }`;

// Settings that neither we nor the config write come from the archive. What another version compiled is of no use to this one.
const MAKE_BASE = `
set -eu
base=$1 home=$2 account=$3 logs=$4 unit=$5 archive=$6
install -d -m 755 "$base" "$base/lib" "$base/webapps"
install -d -m 750 -g "$account" "$base/conf"
if [ "$(readlink "$base/home")" != "$home" ]; then
  ! systemctl cat "$unit" >/dev/null 2>&1 || systemctl stop "$unit"
  rm -rf "$base/work"
  ln -sfn "$home" "$base/home"
fi
install -d -m 750 -o "$account" -g "$account" "$base/work" "$base/temp" "$logs"
ln -sfn "$logs" "$base/logs"
for path in "$home"/conf/*; do
  name=\${path##*/}
  [ -e "$base/conf/$name" ] || install -m 640 -g "$account" "$path" "$base/conf/$name"
done
chgrp -R "$account" "$base/conf"
find "$base/conf" -type d -exec chmod 750 {} +
for other in "\${home%/*}"/* "\${archive%/*}"/*; do
  [ "$other" = "$home" ] || [ "$other" = "$archive" ] || rm -rf "$other"
done`;

const LEAVE_DEBIAN = `
drop_in=/etc/systemd/system/tomcat10.service.d/hotsite.conf
grep -qsF "EnvironmentFile=$1/environment" "$drop_in" || exit 0
systemctl disable --quiet --now tomcat10
rm -rf ${DEBIAN_REST.join(" ")}`;

const LEAVE_ARCHIVE = `
${REMOVE_ACCOUNT}
unit=$1 file=$2 account=$3; shift 3
[ -e "$file" ] || exit 0
systemctl disable --quiet --now "$unit"
rm -rf "$file" "$@"
remove_account "$account"`;

const REMOVE = `
${REMOVE_ACCOUNT}
account=$1; shift
rm -rf "$@"
${REMOVE_COMMON}
[ -z "$account" ] || remove_account "$account"`;
