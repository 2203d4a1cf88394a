import { REMOVE_COMMON } from "../common.ts";
import { REMOVE_ACCOUNT, SYSTEM_ACCOUNT, UNPACK } from "../shell-functions.ts";

/** Refuses data that is not this broker's: $1 is what the data folder $2 says about itself when it is. */
export const GUARD = `# check whose data is there
[ -d "$2" ] && [ -n "$(ls -A "$2")" ] || exit 0
[ -e "$2/hotsite" ] || { echo "$2 holds files that are not of this broker: give another dataDir, or move them away" >&2; exit 1; }
was=$(cat "$2/hotsite")
[ "$was" = "$1" ] || { echo "$2 holds the data of $was, not of $1: a cluster cannot take over another one's, or change its number of nodes; uninstall that with --delete-data first, or move the folder away" >&2; exit 1; }`;

/** Unpacks the archive $2 to $3 and makes the user $1. */
export const SET_UP = `# unpack the broker
set -eu
${SYSTEM_ACCOUNT}
${UNPACK}
system_account "$1"
unpack "$2" "$3"`;

/**
 * Makes the data folder $3 of the cluster $4, whole or not at all; $2 runs a class, $5 are the settings, $6 is what the folder says about
 * itself, $7 the file with the users, $8 their fingerprint.
 */
export const FORMAT = `# make the data folder
set -eu
user=$1 java=$2 data=$3 cluster=$4 properties=$5 owner=$6 users=$7 fingerprint=$8
install -d -m 0750 -o "$user" -g "$user" "$data"
[ -e "$data/hotsite" ] || { printf '%s\\n' "$owner" >"$data/hotsite.new" && mv -f "$data/hotsite.new" "$data/hotsite"; }
chown -R "$user:$user" "$data"
if [ -e "$data/log/meta.properties" ]; then
  [ "$(cat "$data/users" 2>/dev/null)" = "$fingerprint" ] || { echo "the users or passwords are not those that $data was made with, and Kafka keeps those: give them as they were, or uninstall with --delete-data first" >&2; exit 1; }
  exit 0
fi
rm -rf "$data/log"
printf '%s\\n' "$fingerprint" >"$data/users.new" && mv -f "$data/users.new" "$data/users"
# The users in a file that Java reads: arguments are for all to see.
arguments=$data/format.arguments
trap 'rm -f "$arguments"' EXIT
install -m 0400 -o "$user" /dev/null "$arguments"
{ printf 'kafka.tools.StorageTool format "--cluster-id=%s" --config "%s"\\n' "$cluster" "$properties"; cat "$users"; } >"$arguments"
said=$(runuser -u "$user" -- "$java" "@$arguments" 2>&1) ||
  { printf '%s\\n' "$said" | grep -v '^Bootstrap metadata' | tail -n 15 >&2; exit 1; }`;

/** Removes versions other than $1, whose archive is $2. */
export const PRUNE = `# remove other versions
for other in "\${1%/*}"/* "\${2%/*}"/*; do
  case $other in "$1" | "$2" | */bin | */archives) ;; *) rm -rf "$other" ;; esac
done`;

// Another broker of the node has the same user.
const FORGET_USER = `
forget_user() {
  for other in /etc/systemd/system/hotsite-kafka-*.service; do
    [ ! -e "$other" ] || [ "$other" = "/etc/systemd/system/$2.service" ] || return 0
  done
  remove_account "$1"
}`;

/** Removes what the broker brought. Its data in $3 stays, and belongs to root until a broker comes back to it: the user's number may be given to another. */
export const REMOVE = `# remove the broker
${REMOVE_ACCOUNT}
${FORGET_USER}
user=$1 unit=$2 data=$3; shift 3
rm -rf "$@"
${REMOVE_COMMON}
[ ! -e "$data/hotsite" ] || chown -R root:root "$data" || exit 1
forget_user "$user" "$unit"`;

/** Removes the data in $1, if it is the broker's: $2 is what it says about itself then. */
export const ERASE = `# remove the data
if [ -e "$1" ] && [ "$(cat "$1/hotsite" 2>/dev/null)" != "$2" ]; then echo "kept $1: it is not of this broker"; exit 0; fi
rm -rf "$1"`;

/**
 * Asks the broker at $1 for the nodes of its cluster, as another broker does, and prints how many there are. A request and its answer begin with
 * their length; here it is Metadata, version 0, for no topics in particular.
 */
export const ASK = `
coproc openssl s_client -connect "$1" -CAfile "$2" -cert "$3" -key "$3" -verify_return_error -verify_quiet -quiet
trap 'kill $COPROC_PID 2>/dev/null' EXIT
# Those of a coprocess are closed in all other processes.
exec 3<&"\${COPROC[0]}" 4>&"\${COPROC[1]}"
printf '\\0\\0\\0\\016\\0\\003\\0\\0\\0\\0\\0\\001\\377\\377\\0\\0\\0\\0' >&4
read -r _ count < <(head -c 12 <&3 | od -An -tu4 -j4 --endian=big)
[ "\${count:-0}" -gt 0 ] && echo "$count"`;
