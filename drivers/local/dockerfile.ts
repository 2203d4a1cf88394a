import { createHash } from "node:crypto";
import { debian12, type System } from "./system.ts";

/**
 * What every node has from the start: an init, SSH, and the tools that recipes may count on. No libpam-systemd: it gives each login a
 * session and a service manager of its own, which is more work for the node than all the rest of a login.
 */
const tools = [
  ...["systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "netbase", "tzdata"],
  ...["ca-certificates", "openssl", "curl", "iproute2", "iputils-ping", "iptables", "procps", "less"],
  ...["libstdc++6", "libatomic1", "xz-utils", "zstd"],
];

/** Downloaded, not installed: `apt-get install` of these works on a node without a network. */
const prefetched = [
  ...["mariadb-server", "mariadb-backup", "tomcat10", "libmariadb-java", "haproxy", "cron"],
  ...["libaio1", "libnuma1", "libncurses6"],
];

/**
 * Makes an archive of the downloaded packages, the only one that apt on a node knows before its first `apt-get update`: with the list of
 * all of Debian every call of apt takes a second of the processor.
 */
const archive = `mkdir /var/cache/prefetched && cd /var/cache/apt/archives \\
 && apt-cache show --no-all-versions $(for file in *.deb; do dpkg-deb --field "$file" Package; done) \\
  | sed 's,^Filename: .*/,Filename: ./,' > /var/cache/prefetched/Packages \\
 && for file in *.deb; do mv "$file" "/var/cache/prefetched/$(echo "$file" | sed 's/_[0-9]*%3a/_/')"; done \\
 && rm -rf /var/lib/apt/lists/* \\
 && echo 'deb [trusted=yes] file:/var/cache/prefetched ./' > /etc/apt/sources.list.d/prefetched.list \\
 && apt-get update -qq -o Dir::Etc::SourceList=sources.list.d/prefetched.list -o Dir::Etc::SourceParts=- \\
 && apt-get check -qq`;

/** They want hardware, a terminal or the network, which a container node has not or must not use by itself. */
const masked = [
  ...["systemd-udevd.service", "systemd-udevd-kernel.socket", "systemd-udevd-control.socket"],
  ...["console-getty.service", "getty.target", "systemd-remount-fs.service", "systemd-journald-audit.socket"],
  ...["dev-hugepages.mount", "sys-fs-fuse-connections.mount", "sys-kernel-config.mount"],
  ...["sys-kernel-debug.mount", "sys-kernel-tracing.mount"],
  ...[
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "fstrim.timer",
  ],
];

/** Commands run inside the SSH service where no session holds them: one that takes too much memory ends alone. */
const sshService = "[Service]\\nOOMPolicy=continue\\n";

/**
 * The node image. `host/` in the build context holds what this host needs to reach the package sources.
 * Recommended packages are left out on nodes as well, else an installation would ask for some that are not prefetched.
 */
export const dockerfile = `ARG BASE
FROM \${BASE}
ARG DEBIAN_FRONTEND=noninteractive
COPY host/ /
RUN rm -f /usr/sbin/policy-rc.d /etc/apt/apt.conf.d/docker-clean \\
 && echo force-unsafe-io > /etc/dpkg/dpkg.cfg.d/unsafe-io \\
 && echo 'APT::Install-Recommends "false";' > /etc/apt/apt.conf.d/90hotsite \\
 && apt-get update -qq \\
 && apt-get install -y -qq ${tools.join(" ")} \\
 && apt-get clean \\
 && update-ca-certificates \\
 && systemctl mask ${masked.join(" ")} \\
 && rm -f /etc/ssh/ssh_host_* && : > /etc/machine-id && mkdir -p -m 700 /root/.ssh \\
 && printf 'HostKey /etc/ssh/ssh_host_ed25519_key\\nUseDNS no\\nPermitRootLogin prohibit-password\\nPasswordAuthentication no\\nMaxStartups 100\\nMaxSessions 100\\n' > /etc/ssh/sshd_config.d/10-hotsite.conf \\
 && mkdir -p /etc/systemd/system/ssh.service.d \\
 && printf '${sshService}' > /etc/systemd/system/ssh.service.d/10-hotsite.conf \\
 && apt-get install -y -qq --download-only ${prefetched.join(" ")} \\
 && ${archive}
ENV container=docker
STOPSIGNAL SIGRTMIN+3
`;

/** The name of a system's node image; it changes with what is in it, so an image that exists is never stale. */
export function nodeImageOf({ suite, name }: System): string {
  const base = `hotsite-node:${createHash("sha256").update(dockerfile).digest("hex").slice(0, 12)}`;
  return name === debian12.name ? base : `${base}-${suite ?? name.replace(":", "-")}`;
}
