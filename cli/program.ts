import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { HotsiteError, messageOf } from "../core/errors.ts";
import { exitCodeHelp } from "./exit.ts";
import { globalOptions } from "./global-options.ts";
import type { OptionDeclaration, Options, Verb } from "./verb.ts";
import { verbs } from "./verbs.ts";
import { version } from "./version.ts";

const helpWidth = 100;

/** What the command line asks for. */
export interface Parsed {
  readonly verb: Verb;
  readonly operands: readonly string[];
  readonly options: Options;
}

/** Where help and complaints go. */
export interface Writers {
  out(text: string): void;
  err(text: string): void;
}

/** Reads the command line; undefined when help or the version was asked for and printed. Throws `HotsiteError` "usage" when it makes no sense. */
export function parseArguments(argv: readonly string[], writers: Writers): Parsed | undefined {
  let parsed: Parsed | undefined;
  const program = createProgram(writers, (result) => {
    parsed = result;
  });
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw error;
  }
  return parsed;
}

function createProgram(writers: Writers, onVerb: (parsed: Parsed) => void): Command {
  const program = new Command("hotsite")
    .description("Declare an application once, run it on two sites, and prove that it survives losing one.")
    .version(version, "-V, --version")
    .addHelpText("after", `\n${exitCodeHelp}\n\nEach verb shows examples with --help.`);
  for (const option of globalOptions) program.addOption(optionOf(option));
  for (const verb of verbs) addVerb(program, verb, onVerb);
  for (const command of allCommands(program)) {
    command
      .exitOverride((error) => refuse(command, error))
      .configureOutput({
        writeOut: writers.out,
        writeErr: writers.err,
        // Errors are printed by whoever prints all errors.
        outputError: () => undefined,
        // The same in every terminal, so that docs can quote it.
        getOutHelpWidth: () => helpWidth,
        getErrHelpWidth: () => helpWidth,
      });
  }
  return program;
}

/** What commander says against a command line, with what to do next. */
function refuse(command: Command, error: CommanderError): never {
  if (error.exitCode === 0) throw error;
  const line = lineOf(command);
  const isGroup = command.commands.length > 0;
  // Its help has just been printed.
  const message =
    error.code === "commander.help"
      ? `${line}: which command?`
      : error.message.replace(/^error: /, "").replace(/\n\(Did (.*)\)$/, "; did $1");
  const shows = isGroup ? "lists its commands" : "shows how it is used";
  throw new HotsiteError("usage", message, { hint: `\`${line} --help\` ${shows}`, cause: error });
}

/** `hotsite local wan`. */
function lineOf(command: Command): string {
  return command.parent === null ? command.name() : `${lineOf(command.parent)} ${command.name()}`;
}

function addVerb(program: Command, verb: Verb, onVerb: (parsed: Parsed) => void): void {
  const words = verb.name.split(" ");
  const parent = words.slice(0, -1).reduce(groupOf, program);
  const command = parent
    .command(`${words.at(-1) ?? ""} ${verb.operands ?? ""}`.trimEnd())
    .description(verb.summary)
    .addHelpText("after", examplesOf(verb))
    .action(() => onVerb({ verb, operands: command.args, options: command.optsWithGlobals<Options>() }));
  for (const option of verb.options ?? []) command.addOption(optionOf(option));
}

function groupOf(parent: Command, name: string): Command {
  const known = parent.commands.find((command) => command.name() === name);
  if (known !== undefined) return known;
  const members = verbs
    .filter((verb) => verb.name.startsWith(`${name} `))
    .map((verb) => verb.name.slice(name.length + 1));
  return parent.command(name).description(`${members.join(", ")}: see \`hotsite ${name} --help\``);
}

function optionOf({ flags, summary, choices, parse }: OptionDeclaration): Option {
  const option = new Option(flags, summary);
  if (choices !== undefined) option.choices(choices);
  if (parse !== undefined) {
    option.argParser((text) => {
      try {
        return parse(text);
      } catch (error) {
        throw new InvalidArgumentError(messageOf(error));
      }
    });
  }
  return option;
}

function examplesOf({ examples }: Verb): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, purpose]) => `  hotsite ${line.padEnd(width)}   ${purpose}`);
  return `\nExamples:\n${lines.join("\n")}`;
}

function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}
