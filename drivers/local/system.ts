/** An operating system that the driver makes machine images of. */
export interface System {
  /** As `local({ image })` names it. */
  readonly name: string;
  /** Where a registry has it. */
  readonly registry: string;
  /** Debian's name for it: it can be made from package sources as well. */
  readonly suite?: string;
}

/** What machines run unless their template says otherwise. */
export const debian12: System = {
  name: "debian:12",
  registry: "debian:bookworm-slim",
  suite: "bookworm",
};

const systems: readonly System[] = [
  debian12,
  { name: "debian:13", registry: "debian:trixie-slim", suite: "trixie" },
  { name: "ubuntu:24.04", registry: "ubuntu:24.04" },
];

/** The names of all of them. */
export const systemNames = systems.map(({ name }) => name).join(", ");

/** The system that a template asks for; undefined when it names an image of the engine's own. */
export function systemOf(image: string = debian12.name): System | undefined {
  return systems.find(({ name }) => name === image);
}
