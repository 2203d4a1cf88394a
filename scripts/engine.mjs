// Finds a container engine (Docker or podman), or as root on Debian or Ubuntu installs Docker and starts it, with or without systemd.
// Uses nothing but node itself, because it runs before node_modules exists.
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { canInstall, install, isInstalled } from "./packages.mjs";

const log = "/var/log/hotsite-dockerd.log";
const startMs = 60_000;

/** The address of an engine that answers, as DOCKER_HOST would have it. */
export async function ensureEngine() {
  const engine = (await findEngine()) ?? (await installEngine());
  await ensureBootstrap(engine);
  allowManyMachines();
  return engine;
}

/** Every machine's systemd watches files, about eight times, and all count as root's: Linux's usual limit of 128 ends at some sixteen machines. */
function allowManyMachines() {
  const setting = "/proc/sys/fs/inotify/max_user_instances";
  if (!canInstall() || Number(readFileSync(setting, "utf8")) >= 1024) return;
  try {
    writeFileSync(setting, "1024");
  } catch (error) {
    console.error(`setup: cannot raise ${setting} (${error.message}): about sixteen machines fit at once`);
  }
}

/** The first engine that answers, or undefined. A DOCKER_HOST that is set is the only candidate. */
async function findEngine() {
  const wanted = process.env.DOCKER_HOST;
  if (wanted) {
    if (await answers(wanted)) return wanted;
    throw new Error(`no container engine answers at DOCKER_HOST=${wanted}: start it, or unset DOCKER_HOST`);
  }
  for (const socket of sockets()) {
    if (await answers(`unix://${socket}`)) return `unix://${socket}`;
  }
  return undefined;
}

function sockets() {
  const rootless = process.env.XDG_RUNTIME_DIR
    ? [
        join(process.env.XDG_RUNTIME_DIR, "docker.sock"),
        join(process.env.XDG_RUNTIME_DIR, "podman/podman.sock"),
      ]
    : [];
  return [
    "/var/run/docker.sock",
    join(homedir(), ".docker/run/docker.sock"),
    "/run/podman/podman.sock",
    ...rootless,
  ];
}

async function answers(engine) {
  return (await statusOf(engine, "/_ping")) === 200;
}

/** The HTTP status of a GET to the engine; undefined when nobody answers. */
function statusOf(engine, path) {
  const request = requestTo(engine, path);
  return new Promise((resolve) => {
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
    request.end();
  });
}

function requestTo(engine, path) {
  const timeout = 5000;
  if (engine.startsWith("unix://"))
    return http.request({ socketPath: engine.slice("unix://".length), path, timeout });
  if (!engine.startsWith("tcp://") && !engine.startsWith("http")) {
    throw new Error(`DOCKER_HOST=${engine} is not understood: use unix:///path or tcp://host:port`);
  }
  const { hostname, port } = new URL(engine.replace(/^\w+:/, "http:"));
  if (!process.env.DOCKER_TLS_VERIFY) return http.request({ hostname, port, path, timeout });
  const certificate = (file) =>
    readFileSync(join(process.env.DOCKER_CERT_PATH ?? join(homedir(), ".docker"), file));
  const tls = { ca: certificate("ca.pem"), cert: certificate("cert.pem"), key: certificate("key.pem") };
  return https.request({ hostname, port, path, timeout, ...tls });
}

async function installEngine() {
  const closed = sockets().find(isForbidden);
  if (closed) {
    throw new Error(
      `this user may not use the container engine at ${closed}: add it to the group that owns the socket (usually docker), then log in again`,
    );
  }
  if (!canInstall()) {
    throw new Error(
      "no container engine found: install Docker (https://docs.docker.com/engine/install) or podman, start it, and run the command again",
    );
  }
  if (!isInstalled("dockerd")) install("docker.io", "iptables", "mmdebstrap");
  await startEngine();
  return findEngine();
}

function isForbidden(socket) {
  try {
    accessSync(socket, constants.R_OK | constants.W_OK);
    return false;
  } catch (error) {
    return error.code === "EACCES" && existsSync(socket);
  }
}

/** Where no image registry answers, the base image of the nodes is made with mmdebstrap. */
async function ensureBootstrap(engine) {
  if (!canInstall() || isInstalled("mmdebstrap")) return;
  if ((await statusOf(engine, "/images/debian:bookworm-slim/json")) !== 200) install("mmdebstrap");
}

async function startEngine() {
  console.error("setup: starting dockerd");
  if (existsSync("/run/systemd/system"))
    spawnSync("systemctl", ["start", "docker"], { stdio: ["ignore", 2, 2] });
  else spawnDaemon();
  const deadline = Date.now() + startMs;
  while ((await findEngine()) === undefined) {
    if (Date.now() > deadline)
      throw new Error(`dockerd does not answer after ${startMs / 1000} s${lastWords()}`);
    await sleep(100);
  }
}

/** A daemon in its own session: it outlives this process. A second one, started in a race, sees the first and ends. */
function spawnDaemon() {
  forgetDead("dockerd", "/var/run/docker.pid");
  forgetDead("containerd", "/var/run/docker/containerd/containerd.pid");
  const output = openSync(log, "a");
  spawn("dockerd", [], { detached: true, stdio: ["ignore", output, output], cwd: "/" }).unref();
}

/** A daemon that was killed leaves its number behind; when another program has that number now, a new daemon takes it for its rival. */
function forgetDead(program, file) {
  if (!existsSync(file)) return;
  const status = `/proc/${readFileSync(file, "utf8").trim()}/status`;
  const text = existsSync(status) ? readFileSync(status, "utf8") : "";
  // A zombie keeps its number until its parent asks for its end.
  const lives = new RegExp(`^Name:\\s+${program}$`, "m").test(text) && !/^State:\s+Z/m.test(text);
  if (!lives) rmSync(file);
}

function lastWords() {
  if (!existsSync(log)) return "; see: journalctl -u docker";
  return `; ${log} ends with:\n${readFileSync(log, "utf8").trimEnd().split("\n").slice(-5).join("\n")}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(await ensureEngine());
  } catch (error) {
    console.error(`setup: ${error.message}`);
    process.exitCode = 1;
  }
}
