import { file, type NodeFile } from "../../core/command.ts";
import { concat } from "../text.ts";
import { KAFKA_USER, placeOf, type KafkaContext } from "./place.ts";
import { serverProperties } from "./server-properties.ts";
import { CONFINED } from "../systemd.ts";
import { scramArguments } from "./users.ts";

/** The broker's jars, what starts them, its settings and its certificate. */
export function kafkaFiles(context: KafkaContext): readonly NodeFile[] {
  const { params, tls } = context;
  const place = placeOf(context);
  const restarts = { restarts: true };
  return [
    file(place.archive, { local: params.distribution.located.path }, restarts),
    file(place.java, wrapper(context), { mode: 0o755, ...restarts }),
    file(place.properties, serverProperties(context), restarts),
    file(place.users, scramArguments(context), { mode: 0o600 }),
    file(place.ca, tls.ca, restarts),
    file(place.keystore, concat([tls.key, tls.certificate]), { mode: 0o600, ...restarts }),
    file(`/etc/systemd/system/${place.unit}.service`, unitText(context), restarts),
  ];
}

/** The jars in the same order everywhere. A pattern that matches nothing names a jar that is not there, which does no harm. */
function wrapper(context: KafkaContext): string {
  const { jars } = placeOf(context);
  return `#!/bin/sh
CLASSPATH=$(printf '%s:' ${jars}/*.jar ${jars}/*/libs/*.jar)
export CLASSPATH="\${CLASSPATH%:}"
exec java -Xmx${context.params.heap}m -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true \\
  -Dorg.slf4j.simpleLogger.defaultLogLevel=warn "$@"
`;
}

function unitText(context: KafkaContext): string {
  const { unit, data, java, properties, keystore } = placeOf(context);
  return `[Unit]
Description=Hotsite: Kafka broker ${context.service}
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStartPre=+/usr/bin/install -m 0400 -o ${KAFKA_USER} -t /run/${unit} ${keystore}
ExecStart=${java} kafka.Kafka ${properties}
User=${KAFKA_USER}
RuntimeDirectory=${unit}
RuntimeDirectoryMode=0750
ReadWritePaths=${data}
Restart=always
RestartSec=1
# When all brokers of a cluster stop at once, the last one would wait for the others.
TimeoutStopSec=30
# A JVM that ends at SIGTERM says 143.
SuccessExitStatus=143
LimitNOFILE=100000
${CONFINED}
CapabilityBoundingSet=

[Install]
WantedBy=multi-user.target
`;
}
