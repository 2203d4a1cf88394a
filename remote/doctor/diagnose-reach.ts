import { serious, type Diagnosis } from "./diagnosis.ts";
import type { Login, ReachFacts } from "./facts.ts";
import { refusalWords } from "../refusal.ts";
import { isSsh } from "./reach.ts";

/** Why a node cannot be reached: the first thing on the way to it that fails. Undefined when it lets us in. `trusted` is what `hotsite trust` knows it by. */
export function diagnoseReach(trusted: string, facts: ReachFacts): Diagnosis | undefined {
  const { lookup, connection, banner, login } = facts;
  if (lookup !== undefined && "failure" in lookup) return nameFails(facts, lookup.failure);
  if (connection !== undefined && connection !== "open") return connectionFails(facts, connection);
  if (connection === "open" && !isSsh(banner)) return serverFails(facts, banner);
  return login === undefined ? undefined : loginFails(trusted, facts, login);
}

function nameFails({ host }: ReachFacts, failure: string): Diagnosis {
  if (failure === "ENOTFOUND" || failure === "ENODATA") {
    return serious(
      "name",
      `no name server knows ${host}`,
      `correct the host, or add ${host} to DNS or /etc/hosts`,
    );
  }
  return serious(
    "name",
    `the name server does not answer (${failure}), so the address of ${host} is unknown`,
    "mend this computer's name resolution: /etc/resolv.conf; or write addresses instead of names",
  );
}

function connectionFails({ host, port }: ReachFacts, connection: string): Diagnosis {
  switch (connection) {
    case "refused":
      return serious(
        `port ${port}`,
        `${host} refuses connections to port ${port}: the machine is up, and nothing listens there`,
        "start the SSH server there (systemctl start ssh), or name the port that it listens on",
      );
    case "silent":
      return serious(
        `port ${port}`,
        `nothing comes back from ${host} port ${port}: a firewall drops it, or the machine is off`,
        `look whether it runs; then let port ${port} through from here: its firewall, its security group, the network between`,
      );
    case "EHOSTUNREACH":
      return serious(
        "route",
        `${host} is not there: its network is reached, and no machine has this address (EHOSTUNREACH)`,
        "look whether it runs and whether this is still its address",
      );
    case "ENETUNREACH":
      return serious(
        "route",
        `this computer has no route to ${host} (ENETUNREACH)`,
        "connect to that network: a VPN, an interface that is down, a missing route",
      );
    default:
      return serious(
        "route",
        `connecting to ${host} port ${port} fails: ${connection}`,
        "look at this computer's network",
      );
  }
}

function serverFails({ host, port }: ReachFacts, banner: string | null | undefined): Diagnosis {
  const check = `port ${port}`;
  if (banner === null || banner === undefined) {
    return serious(
      check,
      `${host} port ${port} takes the connection and then says nothing: its SSH server hangs, or something in between answers for it`,
      "look at the machine's load and console; restart its SSH server; check proxies and load balancers on the way",
    );
  }
  if (banner === "") {
    return serious(
      check,
      `${host} port ${port} hangs up at once: its SSH server is still starting, or takes no more from here`,
      "wait until it has started; otherwise look at MaxStartups, /etc/hosts.deny and fail2ban on it",
    );
  }
  return serious(
    check,
    `what listens on ${host} port ${port} is no SSH server: it says ${JSON.stringify(banner.slice(0, 60))}`,
    "name the port of its SSH server",
  );
}

function loginFails(trusted: string, { host, user }: ReachFacts, login: Login): Diagnosis | undefined {
  switch (login.state) {
    case "accepted":
      return undefined;
    case "key-changed":
      return serious(
        "host key",
        `${host} shows another host key: pinned ${login.pinned}, now ${login.now}`,
        `if the machine was reinstalled: hotsite trust ${trusted}; if not, someone may be listening`,
      );
    case "refused": {
      const { problem, remedy } = refusalWords({ host, user }, login);
      return serious("login", problem, remedy);
    }
    case "failed":
      return serious(
        "login",
        `the SSH server of ${host} answers, and the login fails: ${login.reason}`,
        login.hint ?? "look at its journal: journalctl -u ssh",
      );
  }
}
