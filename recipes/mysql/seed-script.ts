/**
 * Creates the database $2 and fills it through the client $1 with the SQL files $3…, once. Data that is there already came from elsewhere and is never touched.
 * A filling that was cut short starts again from nothing, because nobody knows how far it came.
 */
export const SEED = `
set -eu
client=$1 database=$2; shift 2
ask() { "$client" --batch --skip-column-names --execute "$1"; }
mark() { ask "SET sql_log_bin = 0; REPLACE INTO hotsite.seed VALUES ('$database', '$1')"; }
applied() { ask "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'hotsite' AND table_name = 'checkpoint'" |
  grep -qx 0 || ask "SELECT COUNT(*) FROM hotsite.checkpoint"; }

state=$(ask "SELECT state FROM hotsite.seed WHERE name = '$database'")
[ "$state" != done ] || exit 0
tables=$(ask "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '$database'")
others=$(applied)
if [ "\${others:-0}" != 0 ] || { [ -z "$state" ] && [ "$tables" != 0 ]; }; then
  mark done
  exit 0
fi
mark started
ask "DROP DATABASE IF EXISTS \\\`$database\\\`; CREATE DATABASE \\\`$database\\\`"
for file; do
  "$client" --default-character-set=utf8mb4 "$database" <"$file" || { echo "seeding $database failed in $file" >&2; exit 1; }
done
mark done
`;
