import { script, type Command } from "../../core/command.ts";
import { REMOVE_COMMON } from "../common.ts";
import type { RecipeScope } from "../spec.ts";
import type { MysqlParams, MysqlWired } from "./params.ts";
import { SENT_USER } from "./sent-server.ts";
import { markerElsewhere, serverOf, serviceFolder } from "./server.ts";

type Scope = RecipeScope<MysqlParams, MysqlWired>;

/** Refuses a server that is not what the config says, and data that it must not touch: of another service, another flavour, or a newer version. */
export function guardData(scope: Scope): Command {
  const { flavour, version = "" } = scope.params;
  const { program, marker } = serverOf(scope);
  return script(GUARD, ownerOf(scope), flavour, version, program, marker, markerElsewhere(scope));
}

/** Notes whose data this is and which server wrote it; brings MariaDB's own tables to a newer version first. MySQL does that by itself. */
export function markData(scope: Scope): Command {
  const { program, marker, upgrade } = serverOf(scope);
  return script(MARK, ownerOf(scope), scope.params.flavour, program, marker, upgrade);
}

/** What an uninstall leaves on the node. */
export function keptData(scope: Scope): Readonly<Record<string, string>> {
  const databases = Object.keys(scope.params.databases).join(", ");
  return {
    [folderOf(scope)]: `the databases of ${scope.service}${databases === "" ? "" : `: ${databases}`}`,
  };
}

/** Removes what the server brought, and leaves its data. */
export function removeServer(scope: Scope): Command {
  const folder = serviceFolder(scope);
  if (scope.params.source.kind === "node") return script(REMOVE_SETTINGS, folder);
  return script(REMOVE_SENT, folder, `/opt/hotsite/${scope.service}`, SENT_USER, serverOf(scope).unit);
}

/** Removes the data. What is not ours is not ours to remove: that of a server that was there before, or in a database that the config does not name. */
export function eraseData(scope: Scope): Command {
  if (scope.params.source.kind === "sent") return script(ERASE_SENT, folderOf(scope), SENT_USER);
  return script(ERASE, ...Object.keys(scope.params.databases));
}

function folderOf(scope: Scope): string {
  const { data, unit } = serverOf(scope);
  return scope.params.source.kind === "node" ? data : `/var/lib/${unit}`;
}

function ownerOf({ application, service }: Scope): string {
  return `${application}/${service}`;
}

const VERSION = `
said=$("$program" --version)
case $said in *MariaDB*) is=mariadb ;; *) is=mysql ;; esac
version=$(printf '%s' "$said" | sed -n 's/.*Ver \\([0-9][0-9.]*[0-9]\\).*/\\1/p')`;

const GUARD = `# check server and data
set -eu
owner=$1 flavour=$2 wanted=$3 program=$4 marker=$5 elsewhere=$6
${VERSION}
refuse() { echo "$1" >&2; exit 1; }
[ "$is" = "$flavour" ] || refuse "this is a server of the flavour $is, not $flavour: correct flavour or source in the config"
case "$version." in
  "\${wanted:+$wanted.}"*) ;;
  *) refuse "this node would run $flavour $version, not $wanted: correct version or source in the config" ;;
esac
if [ -e "$elsewhere" ]; then
  read -r their_owner was was_version <"$elsewhere"
  [ "$their_owner" != "$owner" ] ||
    refuse "the data of $owner is in $(dirname "$elsewhere"), written by $was $was_version from another source: go back to that source, or dump the databases, move that folder away and restore them"
fi
[ -e "$marker" ] || exit 0
read -r their_owner was was_version <"$marker"
[ "$their_owner" = "$owner" ] || refuse "$(dirname "$marker") holds the data of $their_owner: move the folder away first"
[ "$was" = "$flavour" ] ||
  refuse "$(dirname "$marker") was written by $was $was_version and cannot be read by $flavour: go back to $was, or dump the databases, move that folder away and restore them"
[ "$(printf '%s\\n' "$was_version" "$version" | sort -V | head -n 1)" = "$was_version" ] ||
  refuse "$(dirname "$marker") was written by $was $was_version, which is newer than $version: ask for version $was_version"`;

const MARK = `# note whose data this is
set -eu
owner=$1 flavour=$2 program=$3 marker=$4 upgrade=$5
${VERSION}
now="$owner $flavour $version"
was=$(cat "$marker" 2>/dev/null || :)
[ "$was" != "$now" ] || exit 0
if [ "$flavour" = mariadb ] && [ -n "$was" ]; then "$upgrade" --silent >&2; fi
printf '%s\\n' "$now" >"$marker.new" && mv -f "$marker.new" "$marker"`;

const REMOVE_SETTINGS = `# remove the settings
rm -rf "$1" /etc/mysql/hotsite /etc/systemd/system/mariadb.service.d /var/lib/hotsite-role
rm -f /etc/mysql/mariadb.conf.d/89-hotsite-memory.cnf
${REMOVE_COMMON}`;

// Kept data keeps its owner.
const FORGET_USER = `
set -- /var/lib/hotsite-mysql-*
[ -e "$1" ] || ! getent passwd "$user" >/dev/null || userdel "$user"`;

const REMOVE_SENT = `# remove the database server
folder=$1 programs=$2 user=$3 unit=$4
rm -rf "$folder" "$programs" "/run/$unit" /var/lib/hotsite-role
${REMOVE_COMMON}
${FORGET_USER}`;

const ERASE_SENT = `# remove the data
data=$1 user=$2
rm -rf "$data"
${FORGET_USER}`;

const ERASE = `# remove the data
if ! grep -qx mariadb-server /var/lib/hotsite/.packages/new 2>/dev/null; then
  echo "kept /var/lib/mysql: the server was there before"
  exit 0
fi
# Made by the package, which leaves it when it is purged.
rm -f /etc/mysql/debian.cnf
for entry in /var/lib/mysql/*/; do
  name=$(basename "$entry")
  case " mysql performance_schema sys test hotsite * $* " in
    *" $name "*) ;;
    *) echo "kept /var/lib/mysql: it holds $name, which is not of this service"; exit 0 ;;
  esac
done
rm -rf /var/lib/mysql`;
