import { z } from "zod";
import { file } from "../core/command.ts";
import { defineRecipe } from "./define.ts";
import {
  credentialPath,
  programFiles,
  programParts,
  programWired,
  type NodeProgram,
} from "./node-program.ts";
import type { RecipeScope } from "./spec.ts";

const witnessParams = z.strictObject({
  port: z.int().min(1).max(65535).default(7443).describe("where databases ask who may write, over HTTPS"),
});

type Scope = RecipeScope<z.output<typeof witnessParams>, z.output<z.ZodObject<typeof programWired>>>;

const CERTIFICATE = "/etc/hotsite/witness/certificate.pem";

/** The third place that says who may write. */
export const witness = defineRecipe("witness", {
  params: witnessParams,
  wired: z.object(programWired),
  ...programParts("witness", programOf, { verb: "authority", summary: "print who may write" }),
  files: (scope) => [
    ...programFiles(programOf(scope), scope.wired),
    file(CERTIFICATE, scope.tls.certificate, { restarts: true }),
  ],
  endpoints: (ref) => ({
    /** The URL that answers with the authority. */
    authority: ref("authority", ({ node, params }) => `https://${node.address}:${params.port}/authority`),
  }),
});

function programOf({ params, node, tls }: Scope): NodeProgram {
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
