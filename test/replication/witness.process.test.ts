import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { IncomingMessage } from "node:http";
import type { Shell } from "../../core/shell.ts";
import { waitFor } from "../../core/wait.ts";
import { openLocalShell } from "../../remote/local.ts";
import { Pki } from "../../lifecycle/pki.ts";
import { WitnessControl } from "../../replication/witness/control.ts";
import { freePort } from "../support/free-port.ts";
import { startNode, stopScript, type Script } from "./process.ts";

const signal = AbortSignal.timeout(60_000);
const nobody = { epoch: 0, writer: null };
const east = { epoch: 1, writer: "east" };
const west = { epoch: 2, writer: "west" };

describe("the witness", () => {
  let folder: string;
  let port: number;
  let shell: Shell;
  let witness: WitnessControl;
  let running: Script | undefined;
  let ca: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hotsite-witness-"));
    port = await freePort();
    const tls = await (await Pki.open(join(folder, "pki"), "shop")).node("edge", "witness-1", "127.0.0.1");
    ca = tls.ca;
    await writeFile(join(folder, "cert.pem"), tls.certificate);
    await writeFile(join(folder, "key.pem"), tls.key.reveal());
    await writeFile(
      join(folder, "witness.json"),
      JSON.stringify({
        host: "127.0.0.1",
        port,
        certificate: join(folder, "cert.pem"),
        key: join(folder, "key.pem"),
        stateFolder: folder,
        controlSocket: join(folder, "control.sock"),
      }),
    );
    shell = openLocalShell();
    witness = new WitnessControl(shell, join(folder, "control.sock"));
    await start();
  });

  afterEach(async () => {
    await stopScript(running, "SIGKILL");
    await shell[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    running = startNode(["witness", "run", "--config", join(folder, "witness.json")]);
    await waitFor(
      () => witness.authority(signal),
      { timeoutMs: 20_000, what: "the witness to answer" },
      signal,
    );
  }

  test("nobody may write before the first grant", async () => {
    expect(await witness.authority(signal)).toEqual(nobody);
  });

  test("a grant holds, also after the process was killed", async () => {
    await witness.grant(east, nobody, signal);
    await stopScript(running, "SIGKILL");
    await start();
    expect(await witness.authority(signal)).toEqual(east);
  });

  test("a grant from a state that is over is refused, and granting again what holds is not", async () => {
    await witness.grant(east, nobody, signal);
    await expect(witness.grant(west, nobody, signal)).rejects.toMatchObject({ code: "stale-epoch" });
    await witness.grant(east, nobody, signal);
    expect(await witness.authority(signal)).toEqual(east);
  });

  test("the epoch never falls", async () => {
    await witness.grant(west, nobody, signal);
    await expect(witness.grant(east, west, signal)).rejects.toMatchObject({ code: "stale-epoch" });
  });

  test("of two who grant at once one wins", async () => {
    const grants = await Promise.allSettled([
      witness.grant(east, nobody, signal),
      witness.grant({ epoch: 1, writer: "west" }, nobody, signal),
    ]);
    expect(grants.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("database nodes read it over HTTPS, and nothing else is there", async () => {
    await witness.grant(east, nobody, signal);
    expect(await read("/authority")).toEqual([200, east]);
    expect(await read("/")).toEqual([404, undefined]);
  });

  test("when its process is down that is a matter to retry", async () => {
    await stopScript(running, "SIGTERM");
    await expect(witness.authority(signal)).rejects.toMatchObject({ code: "unreachable", retryable: true });
  });

  async function read(path: string): Promise<[number | undefined, unknown]> {
    const asking = get({ host: "127.0.0.1", port, path, ca, agent: false });
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    const body = await text(response);
    return [response.statusCode, body === "" ? undefined : JSON.parse(body)];
  }
});
