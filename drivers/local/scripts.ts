import { sitesCidr } from "./address.ts";

/** podman turns on its systemd mode for exactly this path. */
export const initPath = "/usr/local/sbin/init";

/** PID 1 of a machine until systemd takes over: gives it its own address and the way to the other sites. */
export const initScript = `#!/bin/sh
set -e
# On cgroup v2 an engine mounts this read-only, and systemd needs to write.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then mount -o remount,rw /sys/fs/cgroup || :; fi
ip address replace "$HOTSITE_ADDRESS/24" dev eth0
ip route replace ${sitesCidr} via "$HOTSITE_ROUTER" dev eth0 src "$HOTSITE_ADDRESS"
exec /sbin/init
`;

export const relayPath = "/usr/local/sbin/hotsite-relay";

/** Where the relay reads its rules: one file for each direction, named \`FROM-TO\` by the numbers of the sites. */
export const rulesFolder = "/etc/hotsite-wan";

/**
 * PID 1 of the router: packets between sites go through a TUN device and wait here for as long as the rule of their direction says.
 * In Perl, because every Debian image has it; in user space, because not every kernel has netem. SIGHUP: read rules and links again.
 */
export const relayScript = String.raw`#!/usr/bin/perl
use strict;
use warnings;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my ($TUNSETIFF, $IFF_TUN_NO_PI) = (0x400454ca, 0x1001);
my $queue_limit = 20_000;      # packets; about 30 MB
my $buffer_seconds = 0.2;      # what a router of limited bandwidth keeps before it drops
my $folder = "${rulesFolder}";
my $all = "${sitesCidr}";

my $reload = 1;
$SIG{HUP} = sub { $reload = 1 };
$SIG{TERM} = sub { exit 0 };

sysopen(my $tun, "/dev/net/tun", 02 | 04000) or die "tun: $!";
ioctl($tun, $TUNSETIFF, pack("a16 s x22", "wan0", $IFF_TUN_NO_PI)) or die "wan0: $!";
run("ip link set wan0 up mtu 1500 txqueuelen 10000");
run("ip route replace default dev wan0 table 100");
# Without the relay there is no WAN: a packet must never find a way around its rule.
run("ip route replace blackhole default metric 4000000000 table 100");

my %lines;
while (1) {
  if ($reload) { $reload = 0; read_links(); read_rules(); }
  my $wait = deliver();
  my $ready = "";
  vec($ready, fileno($tun), 1) = 1;
  receive() if select($ready, undef, undef, $wait) > 0;
}

sub run { system($_[0]) == 0 or die "$_[0] failed" }

# The engine gives each link 10.231.N.254; the machines of site N know the router as 10.111.N.254.
sub read_links {
  my $known = join "", grep { /lookup 100/ } qx(ip rule);
  for (qx(ip -o -4 address)) {
    my ($device, $number) = /^\d+:\s+(\S+)\s+inet 10\.231\.(\d+)\.254\// or next;
    run("ip address replace 10.111.$number.254/24 dev $device");
    next if $known =~ /iif $device\b/;
    run("ip rule add pref 100 iif $device to $all lookup 100");
  }
}

sub read_rules {
  for my $path (glob "$folder/*-*") {
    my ($name) = $path =~ /(\d+-\d+)$/ or next;
    open(my $file, "<", $path) or next;
    my $rule = <$file> // "";
    my ($delay, $jitter, $loss, $kbit, $state) = $rule =~ /^(\S+) (\S+) (\S+) (\S+) (up|down)\n/ or next;
    my $line = $lines{$name} //= { queue => [], free => 0 };
    @$line{qw(delay jitter loss rate down)} = ($delay / 1000, $jitter / 1000, $loss / 100, $kbit * 125, $state eq "down");
    $line->{queue} = [] if $line->{down};
  }
}

# Sends what is due; gives the seconds until the next packet is.
sub deliver {
  my $now = clock_gettime(CLOCK_MONOTONIC);
  my $wait = 0.2;
  for my $line (values %lines) {
    my $queue = $line->{queue};
    while (@$queue && $queue->[0][0] <= $now) { syswrite($tun, (shift @$queue)->[1]) }
    my $next = @$queue ? $queue->[0][0] - $now : $wait;
    $wait = $next if $next < $wait;
  }
  return $wait;
}

sub receive {
  for (1 .. 64) {
    sysread($tun, my $packet, 65_535) or return;
    next if ord($packet) >> 4 != 4;
    my $line = $lines{ ord(substr($packet, 14, 1)) . "-" . ord(substr($packet, 18, 1)) };
    if ($line) { enqueue($line, $packet) } else { syswrite($tun, $packet) }
  }
}

sub enqueue {
  my ($line, $packet) = @_;
  my $queue = $line->{queue};
  return if $line->{down} || rand() < $line->{loss} || @$queue >= $queue_limit;
  my $at = clock_gettime(CLOCK_MONOTONIC);
  if ($line->{rate}) {
    my $start = $line->{free} > $at ? $line->{free} : $at;
    return if $start - $at > $buffer_seconds;
    $at = $line->{free} = $start + length($packet) / $line->{rate};
  }
  $at += $line->{delay} + (rand(2) - 1) * $line->{jitter};
  # Packets of one direction keep their order, as on a real line.
  $at = $queue->[-1][0] if @$queue && $queue->[-1][0] > $at;
  push @$queue, [$at, $packet];
}
`;
