import { z } from "zod";

/** Where the witness finds its configuration unless it is told otherwise. */
export const witnessConfigPath = "/etc/hotsite/witness/witness.json";

export const witnessConfig = z.strictObject({
  host: z.string().default("0.0.0.0").describe("address to listen on"),
  port: z.number().int().min(0).max(65535).describe("port of GET /authority, over HTTPS"),
  certificate: z.string().describe("path of the certificate, PEM"),
  key: z.string().describe("path of its key, PEM"),
  stateFolder: z.string().default("/var/lib/hotsite-witness").describe("where the authority is kept"),
  controlSocket: z.string().default("/run/hotsite-witness/control.sock"),
});

export type WitnessConfig = z.infer<typeof witnessConfig>;
