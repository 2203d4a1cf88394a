import type { z } from "zod";
import { file, script, type Command, type NodeFile } from "../core/command.ts";
import type { RecipeContext } from "../core/recipe.ts";
import { Secret } from "../core/secret.ts";
import type { haproxyParams } from "./haproxy.ts";
import { secretOf } from "./secrets.ts";
import { concat } from "./text.ts";

type Params = z.output<typeof haproxyParams>;

/** What belongs to Hotsite on the balancer's node. */
export const FOLDER = "/etc/haproxy/hotsite";
/** A second configuration, for what only root may read; the first one is written anew whenever the pool changes. */
export const FRONT = `${FOLDER}/front.cfg`;
/** Of the unit. */
export const OVERRIDES = "/etc/systemd/system/haproxy.service.d";

const CERTIFICATE = `${FOLDER}/front.pem`;

/** What people reach besides the plain port: TLS and statistics. `rules` is what every frontend does with a request. */
export function frontFiles(context: RecipeContext<Params>, rules: string): readonly NodeFile[] {
  const hidden = { mode: 0o600 };
  return [
    file(FRONT, frontConfig(context, rules), hidden),
    file(CERTIFICATE, certificate(context), hidden),
    file(
      `${OVERRIDES}/hotsite.conf`,
      `[Service]\nEnvironment="EXTRAOPTS=-S /run/haproxy-master.sock -f ${FRONT}"\n`,
    ),
  ];
}

/** Stops a HAProxy that was started without the second configuration: a reload keeps the arguments of the start. */
export const stopIfWithoutFront: Command = script(
  `pid=$(systemctl show --property MainPID --value haproxy)
if [ "$pid" != 0 ] && ! grep -qF -- "$1" "/proc/$pid/cmdline"; then systemctl stop haproxy; fi`,
  FRONT,
);

/** The ports of what is asked for. */
export function frontPorts({ tls, stats }: Params): readonly number[] {
  return [tls, stats].flatMap((one) => (one === undefined ? [] : [one.port]));
}

/** The second configuration. Its frontends follow the first one's defaults. */
export function frontConfig(
  context: Pick<RecipeContext<Params>, "params" | "secrets">,
  rules: string,
  { bind = "*", certificate: pem = CERTIFICATE }: { bind?: string; certificate?: string } = {},
): string | Secret {
  const { tls, stats } = context.params;
  const listen = (port: number): string =>
    `  bind ${bind}:${port} ssl crt ${pem} ssl-min-ver TLSv1.2 alpn h2,http/1.1\n`;
  return concat([
    "# Written by hotsite.\n",
    ...(tls === undefined
      ? []
      : [`frontend https\n${listen(tls.port)}  http-request set-header X-Forwarded-Proto https\n${rules}\n`]),
    ...(stats === undefined
      ? []
      : [
          `frontend stats\n${listen(stats.port)}  acl known http_auth(stats)\n`,
          "  http-request auth realm hotsite unless known\n",
          "  http-request use-service prometheus-exporter if { path /metrics }\n",
          "  stats enable\n  stats uri /\n  stats refresh 5s\n  stats hide-version\n\n",
          `userlist stats\n  user ${stats.user} insecure-password '`,
          quoted(secretOf(context, stats.password)),
          "'\n",
        ]),
  ]);
}

function certificate(context: RecipeContext<Params>): string | Secret {
  const { tls } = context;
  const given = context.params.tls?.certificate;
  if (given === undefined) return concat([tls.certificate, tls.key]);
  return concat([secretOf(context, given.chain), "\n", secretOf(context, given.key), "\n"]);
}

/** Between single quotes nothing but a single quote means anything. */
function quoted(password: Secret): Secret {
  return new Secret(password.reveal().replaceAll("'", String.raw`'\''`));
}
