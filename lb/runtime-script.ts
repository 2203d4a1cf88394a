/** Shell functions to speak with HAProxy's Runtime API; `perl-base` is on every Debian machine. */
const ASK = `
ask() {
  perl -MIO::Socket::UNIX -e '
    $SIG{ALRM} = sub { die "haproxy gives no answer\\n" }; alarm 10;
    my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "haproxy does not answer on $ARGV[0]: $!\\n";
    print $s "$ARGV[1]\\n"; shutdown $s, 1; print while <$s>;
  ' "$socket" "$1"
}
`;

/** $1 socket, $2 commands: prints the answers. */
export const RUN = `${ASK}socket=$1; ask "$2"`;

/** $1 socket, $2 the commands without the time, $3 milliseconds: shuts the gate till then, by this machine's clock, which is the balancer's. */
export const HOLD = `${ASK}socket=$1; ask "$2 $(( $(date +%s%3N) + $3 ))"`;

/**
 * $1 socket, $2 config, $3 wanted servers as sorted "name=host:port" lines, $4 runtime commands, $5 reload command; standard input: the new
 * config. When the servers are the same ones only the running process is told; otherwise it is replaced without losing a connection.
 */
export const APPLY = `${ASK}
set -e
socket=$1 config=$2 wanted=$3 commands=$4 reload=$5
umask 022
cat >"$config.new"
haproxy -c -q -f "$config.new"
have=$(ask "show servers state app" | awk 'NF > 18 && $1 ~ /^[0-9]+$/ { print $4 "=" $5 ":" $19 }' | sort)
mv "$config.new" "$config"
sync "$config"
if [ "$have" != "$wanted" ]; then
  sh -c "$reload"
  tries=0
  while [ "$(ask "show servers state app" 2>/dev/null | awk 'NF > 18 && $1 ~ /^[0-9]+$/ { print $4 "=" $5 ":" $19 }' | sort)" != "$wanted" ]; do
    tries=$((tries + 1)); [ "$tries" -lt 100 ] || { echo "haproxy did not take the new configuration" >&2; exit 1; }
    sleep 0.1
  done
fi
answer=$(ask "$commands")
[ -z "$(printf %s "$answer" | tr -d '[:space:]')" ] || { printf '%s\\n' "$answer" >&2; exit 1; }
`;

/** $1 socket, $2 commands that begin to drain, $3 milliseconds, $4… server names. Ends with 3 when requests are still in progress at the end. */
export const DRAIN = `${ASK}
set -e
socket=$1 commands=$2 limit=$(( $(date +%s%3N) + $3 )); shift 3
ask "$commands" >/dev/null
while :; do
  busy=$(ask "show stat app 4 -1" | awk -F, -v names=" $* " 'index(names, " " $2 " ") { sum += $5 } END { print sum + 0 }')
  [ "$busy" -gt 0 ] || exit 0
  [ "$(date +%s%3N)" -lt "$limit" ] || { echo "$busy requests in progress" >&2; exit 3; }
  sleep 0.02
done
`;
