import type Docker from "dockerode";
import { waitFor } from "../../core/wait.ts";
import { engineAddress, macAddress, routerIndex } from "./address.ts";
import { pack } from "./archive.ts";
import { ask, askUnless } from "./engine.ts";
import { label, routerName } from "./names.ts";
import { relayPath, relayScript } from "./scripts.ts";
import type { SiteNetwork } from "./site.ts";

/** The router of an owner, running and connected to this site. */
export async function connectRouter(
  docker: Docker,
  owner: string,
  site: SiteNetwork,
  image: string,
  signal: AbortSignal,
): Promise<void> {
  const router = docker.getContainer(routerName(owner));
  const look = (): Promise<Docker.ContainerInspectInfo | undefined> =>
    askUnless([404], "inspect the router", router.inspect({ abortSignal: signal }));
  const known = await look();
  if (known === undefined) await create(docker, owner, site, image);
  // The engine reserves a name a moment before it knows the container: one that another process is making is not there at once.
  const appearing = { timeoutMs: 10_000, intervalMs: 20, what: "the router to be made" };
  const { State, NetworkSettings } = known ?? (await waitFor(look, appearing, signal));
  if (!Object.values(NetworkSettings.Networks).some(({ NetworkID }) => NetworkID === site.id)) {
    const connect = docker.getNetwork(site.id).connect({
      Container: routerName(owner),
      EndpointConfig: endpoint(site),
    });
    await askUnless([403], `connect the router to site ${site.site}`, connect);
  }
  // A container that was made but never started has not its scripts yet: whoever made it may have died.
  if (State.Status === "created") await equip(router);
  if (!State.Running) await askUnless([304], "start the router", router.start());
  await reloadRouter(router);
}

/** Lets a running router read its rules and links again; one that is off does so when it starts. */
export async function reloadRouter(router: Docker.Container): Promise<void> {
  await askUnless([409], "reload the router", router.kill({ signal: "SIGHUP" }));
}

async function create(docker: Docker, owner: string, site: SiteNetwork, image: string): Promise<void> {
  const request = docker.createContainer({
    name: routerName(owner),
    Hostname: "router",
    Image: image,
    MacAddress: macAddress(site.number, routerIndex),
    Labels: { [label.owner]: owner, [label.router]: "yes" },
    Cmd: [relayPath],
    StopSignal: "SIGKILL",
    HostConfig: {
      NetworkMode: site.id,
      CapAdd: ["NET_ADMIN"],
      Devices: [{ PathOnHost: "/dev/net/tun", PathInContainer: "/dev/net/tun", CgroupPermissions: "rwm" }],
      Sysctls: {
        "net.ipv4.ip_forward": "1",
        "net.ipv4.conf.all.rp_filter": "0",
        "net.ipv4.conf.default.rp_filter": "0",
      },
      RestartPolicy: { Name: "unless-stopped" },
    },
    NetworkingConfig: { EndpointsConfig: { [site.id]: endpoint(site) } },
  });
  // 409: another process made it in this instant.
  await askUnless([409], "make the router", request);
}

function endpoint({ number }: SiteNetwork): Docker.EndpointSettings {
  return {
    IPAMConfig: { IPv4Address: engineAddress(number, routerIndex) },
    MacAddress: macAddress(number, routerIndex),
  };
}

async function equip(router: Docker.Container): Promise<void> {
  const scripts = await pack([{ path: relayPath.slice(1), content: relayScript, mode: 0o755 }]);
  await ask("equip the router", router.putArchive(scripts, { path: "/" }));
}
