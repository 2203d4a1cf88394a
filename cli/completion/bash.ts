import { completedPlaces, flagsWithValue, type CompletedPlace } from "./words.ts";

/** A bash script that completes `hotsite`. */
export function bashCompletion(): string {
  const places = completedPlaces();
  return `# Completes hotsite in bash: source <(hotsite completion bash)
_hotsite() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words= place= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      --) return ;;
      ${flagsWithValue().join("|")}) i=$((i + 1)) ;;
      -*) ;;
      *) words="$words\${words:+ }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$words " in
${places.filter(isInner).toSorted(longestFirst).map(placeLine).join("\n")}
  esac
  case "$place:$previous" in
${places.flatMap(choiceLines).join("\n")}
  esac
  case $previous in
    ${flagsWithValue().join("|")}) return ;;
  esac
  case $current in
    -*)
      case $place in
${places.map(optionLine).join("\n")}
      esac ;;
    *)
      case $words in
${places
  .filter(({ next }) => next.length > 0)
  .map(wordLine)
  .join("\n")}
      esac ;;
  esac
}
complete -o bashdefault -o default -F _hotsite hotsite
`;
}

function isInner({ words }: CompletedPlace): boolean {
  return words !== "";
}

function longestFirst(one: CompletedPlace, other: CompletedPlace): number {
  return other.words.length - one.words.length;
}

function placeLine({ words }: CompletedPlace): string {
  return `    "${words} "*) place="${words}" ;;`;
}

function choiceLines({ words, options }: CompletedPlace): readonly string[] {
  return options
    .filter(({ choices }) => choices.length > 0)
    .map(({ flags, choices }) => {
      const cases = flags.map((flag) => `"${words}:${flag}"`).join("|");
      return `    ${cases}) ${replyWith(choices)}; return ;;`;
    });
}

function optionLine({ words, options }: CompletedPlace): string {
  return `        "${words}") ${replyWith(options.flatMap(({ flags }) => flags))} ;;`;
}

function wordLine({ words, next }: CompletedPlace): string {
  return `        "${words}") ${replyWith(next.map(([word]) => word))} ;;`;
}

function replyWith(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$current"))`;
}
