import { z } from "zod";
import { command, file } from "../core/command.ts";
import type { RecipeContext } from "../core/recipe.ts";
import { check } from "./checks.ts";
import { defineRecipe } from "./define.ts";
import {
  credentialPath,
  programFiles,
  programRemoval,
  programSetup,
  programWired,
  unitOf,
  type NodeProgram,
} from "./node-program.ts";
import { lastLines, systemd } from "./systemd.ts";

const witnessParams = z.strictObject({
  port: z.int().min(1).max(65535).default(7443).describe("where databases ask who may write, over HTTPS"),
});

type WitnessParams = z.output<typeof witnessParams>;

const CERTIFICATE = "/etc/hotsite/witness/certificate.pem";

/** The third place that says who may write. */
export const witness = defineRecipe("witness", {
  params: witnessParams,
  wired: z.object(programWired),
  packages: ["curl"],
  files: (scope) => [
    ...programFiles(programOf(scope), scope.wired),
    file(CERTIFICATE, scope.tls.certificate, { restarts: true }),
  ],
  service: systemd(unitOf("witness")),
  hooks: (scope) => ({
    afterConfigure: [programSetup(programOf(scope), scope.wired)],
    afterUninstall: [programRemoval("witness")],
  }),
  ready: check(command("/opt/hotsite/witness/bin/witness", "authority"), {
    timeoutMs: 30_000,
    explain: lastLines(unitOf("witness")),
  }),
  endpoints: (ref) => ({
    /** The URL that answers with the authority. */
    authority: ref("authority", ({ node, params }) => `https://${node.address}:${params.port}/authority`),
  }),
  commands: {
    authority: {
      summary: "print who may write",
      run: () => command("/opt/hotsite/witness/bin/witness", "authority"),
    },
  },
});

function programOf({ params, node, tls }: RecipeContext<WitnessParams>): NodeProgram {
  return {
    name: "witness",
    summary: "tells databases who may write",
    config: {
      host: node.address,
      port: params.port,
      certificate: CERTIFICATE,
      key: credentialPath("witness", "key"),
    },
    credentials: { key: tls.key },
    memoryMb: 256,
  };
}
