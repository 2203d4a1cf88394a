// A recipe: how one piece of software is installed, started, checked and removed.
// This one is a small web server that greets; put your own software in its place.
import { command, defineRecipe, file, httpOk, lastLines, systemd, unitMemory } from "hotsite";
import { z } from "zod";

const program = `
use IO::Socket::INET;
my ($port, $greeting) = @ARGV;
my $listen = IO::Socket::INET->new(LocalPort => $port, Listen => 16, ReuseAddr => 1) or die "port $port: $!";
while (my $client = $listen->accept) {
  while (my $line = <$client>) { last if $line =~ /^\\r?$/ }
  print $client "HTTP/1.0 200 OK\\r\\nContent-Length: " . length($greeting) . "\\r\\n\\r\\n$greeting";
  close $client;
}
`;

export const greeter = defineRecipe("greeter", {
  // What a config may say: greeter("web", { port: 8080 }).
  params: z.strictObject({
    port: z.int().min(1).max(65535).default(8080).describe("where it answers"),
    greeting: z.string().regex(/^\w+$/, { error: "should be one word" }).default("hello"),
  }),
  packages: ["curl"],
  files: ({ params }) => [
    file("/opt/greeter/greeter.pl", program, { restarts: true }),
    file(
      "/etc/systemd/system/greeter.service",
      `[Unit]
Description=Greets

[Service]
ExecStart=/usr/bin/perl /opt/greeter/greeter.pl ${params.port} ${params.greeting}
DynamicUser=yes
Restart=always

[Install]
WantedBy=multi-user.target
`,
      { restarts: true },
    ),
  ],
  service: systemd("greeter"),
  // What was made besides packages and files is removed here.
  hooks: { afterUninstall: [command("rm", "-rf", "/opt/greeter")] },
  ready: ({ params }) =>
    httpOk(`http://127.0.0.1:${params.port}/`, { timeoutMs: 30_000, explain: lastLines("greeter") }),
  expose: ({ port }) => [port],
  // Values for other services; using one is the dependency.
  endpoints: (ref) => ({
    http: ref("http", ({ node, params }) => ({ host: node.address, port: params.port })),
  }),
  // hotsite run web ask · hotsite metrics web
  commands: {
    ask: {
      summary: "print what it answers",
      run: ({ params }) => command("curl", "-sS", `http://127.0.0.1:${params.port}/`),
    },
  },
  metrics: { memory: { unit: "bytes", summary: "memory in use", run: () => unitMemory("greeter") } },
});
