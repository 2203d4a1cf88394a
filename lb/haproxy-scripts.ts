import { all, command, feed, script, type Command } from "../core/command.ts";

/** Exit code of `write` when somebody else has changed the pool meanwhile. */
export const POOL_CHANGED = 75;
/** Exit code of `awaitIdle` when requests are still in progress at the end of the time. */
export const STILL_BUSY = 124;

/** Exit code of `tell` when HAProxy has something to complain about. */
export const NOT_AS_WRITTEN = 76;
/** Exit code of all that talks to HAProxy when it does not listen. */
export const SOCKET_GONE = 69;

/** A file and its new text. */
export interface Text {
  readonly path: string;
  readonly text: string;
}

/** Sends lines to HAProxy's Runtime API and prints the answers. Perl, because every Debian has it; a line is one connection. */
export function ask(socket: string, lines: readonly string[]): Command {
  return feed(`${lines.join("\n")}\n`, "perl", "-e", ASK, socket);
}

/** The same for commands that say nothing when they succeed: exits with `NOT_AS_WRITTEN` when one says something. */
export function tell(socket: string, lines: readonly string[]): Command {
  return feed(`${lines.join("\n")}\n`, "perl", "-e", TELL, socket);
}

/** Waits until the servers have no request in progress; prints the number that is left and exits with `STILL_BUSY` when the time is over. */
export function awaitIdle(socket: string, servers: readonly string[], timeoutMs: number): Command {
  return command("perl", "-e", AWAIT_IDLE, socket, String(timeoutMs), ...servers);
}

/** Prints the checksum of the pool file, then the pool: as it was applied or, before the first time, as the configuration was installed. */
export function showPool(pool: string, config: string, comment: string): Command {
  return script(SHOW_POOL, pool, config, comment);
}

/** What `write` writes and says. */
export interface Writing {
  /** Where the pool is, and the SHA-256 that we know of it; an absent file counts as empty. */
  readonly pool: { readonly path: string; readonly sum: string };
  readonly files: readonly Text[];
  readonly socket: string;
  /** Lines for the Runtime API, as for `tell`. */
  readonly lines: readonly string[];
}

/**
 * Replaces files, each in one step, and tells HAProxy, provided that nobody has changed the pool meanwhile: exits with `POOL_CHANGED` then.
 * Under a lock, so that what HAProxy does is what the last writer wrote.
 */
export function write({ pool, files, socket, lines }: Writing): Command {
  const texts = files.flatMap(({ path, text }) => [path, text]);
  const told = lines.map((line) => `${line}\n`).join("");
  return { kind: "script", text: WRITE, args: [pool.path, pool.sum, socket, TELL, ...texts], stdin: told };
}

/** Checks the configuration as it is on the disk, then makes HAProxy take it without losing a connection. Prints what HAProxy said of itself before. */
export function reload({ config, socket }: { config: string; socket: string }, reloading: Command): Command {
  return all(ask(socket, ["show info"]), command("haproxy", "-c", "-q", "-f", config), reloading);
}

/** Waits until a process is gone, or until the time is over. */
export function awaitGone(pid: number, timeoutMs: number): Command {
  return script(AWAIT_GONE, String(pid), String(timeoutMs));
}

const CONNECT = `
use strict; use IO::Socket::UNIX;
sub question {
  my ($path, $text) = @_;
  my $socket = IO::Socket::UNIX->new(Peer => $path);
  if (!$socket) { print STDERR "HAProxy does not answer on $path: $!\\n"; exit ${SOCKET_GONE}; }
  print $socket $text;
  $socket->flush;
  return join "", <$socket>;
}`;

const ASK = `${CONNECT}
my $path = shift;
while (my $line = <STDIN>) { print question($path, $line); }`;

const TELL = `${CONNECT}
my $path = shift;
while (my $line = <STDIN>) {
  my $answer = question($path, $line);
  if ($answer =~ /\\S/) { print STDERR $answer; exit ${NOT_AS_WRITTEN}; }
}`;

const AWAIT_IDLE = `${CONNECT}
my ($path, $timeout, @names) = @ARGV;
my %wanted = map { $_ => 1 } @names;
# The smallest Perl of Debian has no clock finer than a second: count the naps.
for (my $left = $timeout; ; $left -= 10) {
  my ($header, @rows) = split /\\n/, question($path, "show stat\\n");
  my ($busy, $n, %column) = (0, 0);
  $header =~ s/^# //;
  $column{$_} = $n++ for split /,/, $header;
  for (@rows) {
    my @cells = split /,/;
    $busy += $cells[$column{scur}] if @cells > 5 && $wanted{$cells[$column{svname}]};
  }
  exit 0 unless $busy;
  if ($left <= 0) { print $busy; exit ${STILL_BUSY}; }
  select undef, undef, undef, 0.01;
}`;

const SHOW_POOL = `# read the pool
if [ -e "$1" ]; then sha256sum <"$1" && cat -- "$1"; else sha256sum </dev/null && sed -n "s/^$3//p" -- "$2"; fi`;

const WRITE = `# write the pool
set -e
pool=$1 sum=$2 socket=$3 tell=$4
shift 4
exec 9>"$pool.lock"
flock -w 30 9
if [ -e "$pool" ]; then now=$(sha256sum <"$pool"); else now=$(sha256sum </dev/null); fi
[ "$now" = "$sum  -" ] || exit ${POOL_CHANGED}
written=
while [ $# -gt 0 ]; do
  printf '%s' "$2" >"$1.new"
  chmod 644 -- "$1.new"
  written="$written $1"
  shift 2
done
for path in $written; do echo "$path.new"; done | xargs sync
for path in $written; do mv -fT -- "$path.new" "$path"; done
perl -e "$tell" "$socket" 9>&-`;

const AWAIT_GONE = `# wait for the previous process
left=$2
while [ -d "/proc/$1" ] && [ "$left" -gt 0 ]; do sleep 0.1; left=$((left - 100)); done`;
