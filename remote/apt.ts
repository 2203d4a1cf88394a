import { script, type Command } from "../core/command.ts";
import { HotsiteError } from "../core/errors.ts";

/** How long another package manager on the node may keep the lock. */
const lockTimeoutSeconds = 300;

/**
 * Installs Debian packages without recommendations and without starting their services. Takes them from the node's own cache when they are
 * there, and asks the archive for news only when that fails. Repeatable. The node remembers which packages were new, and that `owner` wants these.
 */
export function aptInstall(packages: readonly string[], owner?: string): Command {
  return script(installText, String(lockTimeoutSeconds), keyOf(packages, owner), ...packages.map(checked));
}

/** Succeeds where all of these packages are installed now, whoever did it. Changes nothing, says nothing. */
export function aptInstalled(packages: readonly string[]): Command {
  return script(installedText, ...packages.map(checked));
}

/** Removes what `aptInstall` of the same packages and owner brought, unless another owner wants it: never what was there before. Repeatable. */
export function aptPurge(packages: readonly string[], owner?: string): Command {
  return script(purgeText, String(lockTimeoutSeconds), keyOf(packages, owner), ...packages.map(checked));
}

function checked(name: string): string {
  if (/^[a-z0-9][a-z0-9+.-]*$/.test(name)) return name;
  throw new HotsiteError("bad-package", `${JSON.stringify(name)} is not the name of a Debian package`);
}

function keyOf(packages: readonly string[], owner: string | undefined): string {
  return (owner ?? [...packages].sort().join("+")).replaceAll(/[^A-Za-z0-9+.-]/g, "_").slice(0, 200);
}

/** Serialised by a lock of ours. `new` lists the packages that came through us; \`wants/<key>\` what each owner asked for. */
const head = `
memory=/var/lib/hotsite/.packages
timeout=$1 key=$2
shift 2
mkdir -p "$memory/wants" && touch "$memory/new" || exit 1
exec 9>"$memory/lock"
flock -w "$timeout" 9 || { echo "another installation runs on this node" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 LC_ALL=C
policy=/usr/sbin/policy-rc.d
apt() {
  apt-get -q -y -o DPkg::Lock::Timeout="$timeout" -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef \\
    -o Dpkg::Options::=--force-confold -o Acquire::Retries=2 -o Acquire::http::Timeout=20 "$@" 9>&-
}
installed() { dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' | sed -n 's/ installed$//p' | sort -u; }
# After an attempt that was cut off: unpack again what was cut in the middle, then finish the rest.
mend() {
  [ -n "$(dpkg --audit)" ] || return 0
  torn=$(dpkg-query -W -f '\${db:Status-Eflag} \${Package}\\n' | sed -n 's/^reinstreq //p')
  dpkg --configure -a --force-confdef --force-confold 9>&-
  apt --fix-broken \${torn:+--reinstall} install $torn
}
# Adds what has come since the attempt began to what came through us.
settle() {
  { cat "$memory/new"; installed | comm -13 "$memory/before" -; } | sort -u >"$memory/new.tmp" &&
    mv "$memory/new.tmp" "$memory/new" && rm -f "$memory/before"
}
`;

const installedText = `# see that packages are installed
have=" $(dpkg-query -W -f '\${Package}:\${db:Status-Status} ' -- "$@" 2>/dev/null)"
for name; do
  case $have in *" $name:installed "*) ;; *) exit 1 ;; esac
done`;

const installText = `# install packages
${head}
printf '%s\\n' "$@" >"$memory/wants/$key"
have=$(installed)
missing=$(printf '%s\\n' "$@" | sort -u | while read -r name; do printf '%s\\n' "$have" | grep -qxF -- "$name" || echo "$name"; done)
[ -n "$missing" ] || [ -e "$memory/before" ] || exit 0

# Nothing may start before it is configured. An old policy comes back at the end, and also after an attempt that was killed.
restore() {
  rm -f "$policy"
  [ ! -e "$policy.hotsite" ] || mv -f "$policy.hotsite" "$policy"
}
if [ -e "$policy" ] && ! grep -q hotsite "$policy"; then mv -f "$policy" "$policy.hotsite"; fi
trap restore EXIT
trap 'exit 143' TERM INT HUP
printf '#!/bin/sh\\n# by hotsite, during an installation\\nexit 101\\n' >"$policy" && chmod 755 "$policy" || exit 1

# What was there before the first attempt, also when that one was cut off.
if [ ! -e "$memory/before" ]; then
  printf '%s\\n' "$have" >"$memory/before.tmp" && mv "$memory/before.tmp" "$memory/before" || exit 1
fi
attempt() { apt install --no-install-recommends "$@"; }
tries=$(mktemp) || exit 1
{ mend; attempt "$@" || { mend; apt update && attempt "$@"; }; } >"$tries" 2>&1 || {
  cat "$tries" >&2
  rm -f "$tries"
  exit 1
}
rm -f "$tries"
settle || exit 1
# An attempt that was cut off leaves its dependencies as if they had been asked for.
asked=$(cat "$memory"/wants/* | sort -u)
came=$(printf '%s\\n' "$asked" | comm -13 - "$memory/new")
[ -z "$came" ] || apt-mark -q auto $came >/dev/null`;

const purgeText = `# remove packages
${head}
rm -f "$memory/wants/$key"
mend >&2
[ ! -e "$memory/before" ] || settle || exit 1
here() { while read -r name; do ! dpkg-query -W "$name" >/dev/null 2>&1 || echo "$name"; done; }
mine=$(printf '%s\\n' "$@" | sort -u | comm -12 - "$memory/new" | here)
wanted=$(cat "$memory"/wants/* 2>/dev/null)
go=$(for name in $mine; do printf '%s\\n' "$wanted" | grep -qxF -- "$name" || echo "$name"; done)
removal() { apt -s "$@" | sed -n 's/^\\(Purg\\|Remv\\) \\([^ :]*\\).*/\\2/p' | sort -u; }
# All that ever came with us, unless something else has come to need it; then what nothing needs by apt's own account.
printf '%s\\n' "$wanted" | sort -u | comm -13 - "$memory/new" | here >"$memory/gone"
if [ -n "$(removal purge $(cat "$memory/gone") | comm -23 - "$memory/gone")" ]; then
  light="-o APT::AutoRemove::RecommendsImportant=false -o APT::AutoRemove::SuggestsImportant=false"
  { printf '%s\\n' $go; removal $light --autoremove purge $go | comm -12 - "$memory/new"; } | sort -u >"$memory/gone"
fi
if [ -s "$memory/gone" ]; then apt purge $(cat "$memory/gone") >&2 || exit 1; fi
comm -23 "$memory/new" "$memory/gone" >"$memory/new.tmp" && mv "$memory/new.tmp" "$memory/new" && rm -f "$memory/gone"`;
