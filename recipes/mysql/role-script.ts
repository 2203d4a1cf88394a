/**
 * Asks the witness once a second who may write, and makes the database follow: $1 is this site, $2 the folder with the witnesses' URLs
 * and their authority's certificate, $3 the database's client. While no witness answers nothing changes; after a start the server is read-only by itself.
 */
export const ROLE_AGENT = `#!/bin/sh
site=$1
folder=$2
client=$3
newest=$STATE_DIRECTORY/epoch
heard=yes

sql() { timeout 15 "$client" --batch --skip-column-names; }

is_read_only() { echo "SELECT @@GLOBAL.read_only" | sql 2>/dev/null; }

# Sets epoch and writer (empty: nobody) from the first witness that answers.
ask_witness() {
  while read -r url; do
    answer=$(curl -fsS --max-time 3 --cacert "$folder/witness-ca.pem" "$url" 2>/dev/null) || continue
    epoch=$(printf '%s' "$answer" | sed -n 's/.*"epoch" *: *\\([0-9][0-9]*\\).*/\\1/p')
    writer=$(printf '%s' "$answer" | sed -n 's/.*"writer" *: *"\\([^"]*\\)".*/\\1/p')
    case $answer in *'"writer"'*) [ -z "$epoch" ] || return 0 ;; esac
  done <"$folder/witnesses"
  return 1
}

# An answer older than one that was seen comes from a witness that was set back: it decides nothing.
is_current() {
  seen=$(cat "$newest" 2>/dev/null) || seen=0
  if [ "$epoch" -lt "\${seen:-0}" ]; then
    [ "$heard" = old ] || echo "the witness says epoch $epoch, which is older than $seen: it decides nothing"
    heard=old
    return 1
  fi
  [ "$epoch" -eq "\${seen:-0}" ] || { echo "$epoch" >"$newest.new" && mv "$newest.new" "$newest"; }
}

# Who has not said yet who he is may be one of ours, and if not, finds a server that is read-only.
end_connections() {
  echo "SELECT CONCAT('KILL CONNECTION ', id, ';') FROM information_schema.processlist
    WHERE user NOT IN ('root', 'system user', 'event_scheduler', 'unauthenticated user', 'hotsite_feeder', 'hotsite_applier')" |
    sql | timeout 15 "$client" --force 2>/dev/null
}

# Before, so that a long statement does not keep it waiting; after, for those who came meanwhile.
close_database() {
  end_connections
  echo "SET SESSION lock_wait_timeout = 10; SET GLOBAL read_only = ON" | sql || return 1
  end_connections
  echo "read-only: epoch $epoch, writer \${writer:-nobody}"
}

open_database() {
  echo "SET GLOBAL read_only = OFF" | sql || return 1
  echo "writable: epoch $epoch"
}

# The database is looked at before the witness is asked: what the answer opens was closed before it was given. And once
# more afterwards, should the authority have moved in between.
follow() {
  read_only=$(is_read_only)
  [ -n "$read_only" ] || return 0
  if ask_witness; then
    [ "$heard" != no ] || echo "the witness answers again"
  else
    [ "$heard" = no ] || echo "no witness answers: nothing changes meanwhile"
    heard=no
    return 0
  fi
  is_current || return 0
  heard=yes
  if [ "$writer" = "$site" ]; then
    [ "$read_only" = 0 ] || ! open_database || ! ask_witness || [ "$writer" = "$site" ] || close_database
  else
    [ "$read_only" = 1 ] || close_database
  fi
}

while :; do
  follow
  sleep 1
done
`;
