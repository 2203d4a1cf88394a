import { completedPlaces, type CompletedOption, type CompletedPlace } from "./words.ts";

/** A fish script that completes `hotsite`, with what each word means. */
export function fishCompletion(): string {
  const lines = completedPlaces().flatMap((place) => [...wordLines(place), ...optionLines(place)]);
  return `# Completes hotsite in fish: hotsite completion fish | source
function __hotsite_words
  set -l typed (commandline -xpc)[2..]
  string join ' ' -- (string match -v -- '-*' $typed)
end
function __hotsite_at
  test (__hotsite_words) = "$argv[1]"
end
function __hotsite_in
  string match -q -- "$argv[1] *" (__hotsite_words)' '
end
${lines.join("\n")}
`;
}

function wordLines({ words, next }: CompletedPlace): readonly string[] {
  return next.map(([word, summary]) => {
    return `complete -c hotsite -f -n "__hotsite_at '${words}'" -a ${word} -d ${quoted(summary)}`;
  });
}

function optionLines({ words, next, options }: CompletedPlace): readonly string[] {
  // The options of the whole command are told once, without a condition.
  if (words !== "" && next.length > 0) return [];
  const condition = words === "" ? "" : ` -n "__hotsite_in '${words}'"`;
  return options.map(
    (option) => `complete -c hotsite${condition}${shapeOf(option)} -d ${quoted(option.summary)}`,
  );
}

function shapeOf({ flags, takesValue, choices }: CompletedOption): string {
  const named = flags.map((flag) =>
    flag.startsWith("--") ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`,
  );
  const value = takesValue ? (choices.length > 0 ? ` -x -a '${choices.join(" ")}'` : " -r") : "";
  return named.join("") + value;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
