/** Unpacks the archive $3 below $1 unless that was done, and makes the user $2. Archives have their files at the top or in one folder; $4 is the server's program. */
export const UNPACK = `# unpack the database server
set -eu
folder=$1 user=$2 version=$3 server=$4
getent passwd "$user" >/dev/null ||
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
[ ! -d "$folder/$version" ] || exit 0
rm -rf "$folder/.new"
mkdir -p "$folder/.new"
tar -xf "$folder/archives/$version" -C "$folder/.new" --no-same-owner
top=
for place in "$folder/.new" "$folder/.new"/*/; do
  if [ -x "\${place%/}/bin/$server" ]; then top=\${place%/}; break; fi
done
[ -n "$top" ] || { echo "the archive has no bin/$server: is it a server of this flavour, for Linux?" >&2; rm -rf "$folder/.new"; exit 1; }
mv -T "$top" "$folder/$version"
rm -rf "$folder/.new"
# The version in use before stays for a step back; older ones go.
ls -1dt "$folder"/*/ | grep -E '/[0-9a-f]{64}/$' | tail -n +3 | xargs -r rm -rf
for archive in "$folder/archives"/*; do [ -d "$folder/$(basename "$archive")" ] || rm -f "$archive"; done`;

/** Makes the data folder $2 with the server's own tables, whole or not at all. Root on the node is the administrator of MariaDB; MySQL sets a password when it starts. */
export const INITIALISE = `# make the data folder
set -eu
flavour=$1 data=$2 program=$3 settings=$4 share=$5 prepare=$6 user=$7
[ ! -e "$data" ] || exit 0
said=$(mktemp)
trap 'rm -rf "$said" "$data.new" "$data.sql"' EXIT
rm -rf "$data.new"
install -d -m 0750 -o "$user" -g "$user" "$(dirname "$data")"
install -d -m 0700 -o "$user" -g "$user" "$data.new"
"$prepare"
as_user() { runuser -u "$user" -- "$program" --defaults-file="$settings" --datadir="$data.new" --skip-log-bin "$@" >"$said" 2>&1; }
if [ "$flavour" = mysql ]; then
  as_user --initialize-insecure || { tail -n 15 "$said" >&2; exit 1; }
else
  {
    # One statement a line is all that it understands.
    printf '%s;\\n' 'create database if not exists mysql' 'use mysql' "set @auth_root_socket='root'" 'set @skip_auth_anonymous=1'
    for part in system_tables performance_tables system_tables_data; do cat "$share"/m[ay]*_$part.sql; done
    cat "$share/mariadb_sys_schema.sql" 2>/dev/null || :
  } >"$data.sql"
  as_user --bootstrap <"$data.sql" || { tail -n 15 "$said" >&2; exit 1; }
fi
mv -T "$data.new" "$data"`;
