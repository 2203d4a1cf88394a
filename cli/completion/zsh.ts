import { completedPlaces, flagsWithValue, type CompletedPlace } from "./words.ts";

/** A zsh script that completes `hotsite`, with what each word means. */
export function zshCompletion(): string {
  return `#compdef hotsite
# Completes hotsite in zsh: source <(hotsite completion zsh)
_hotsite() {
  local -a typed candidates
  local i place
  for ((i = 2; i < CURRENT; i++)); do
    case $words[i] in
      --) _default; return ;;
      ${flagsWithValue().join("|")}) ((i++)) ;;
      -*) ;;
      *) typed+=("$words[i]") ;;
    esac
  done
  place="$typed"
  case "$place:$words[CURRENT-1]" in
${completedPlaces().flatMap(choiceLines).join("\n")}
  esac
  if [[ $words[CURRENT] == -* ]]; then
    case "$place " in
${completedPlaces().toSorted(longestFirst).map(optionLines).join("\n")}
    esac
    _describe option candidates
    return
  fi
  case $place in
${completedPlaces()
  .filter(({ next }) => next.length > 0)
  .map(wordLines)
  .join("\n")}
    *) _default; return ;;
  esac
  _describe command candidates
}
compdef _hotsite hotsite
`;
}

function longestFirst(one: CompletedPlace, other: CompletedPlace): number {
  return other.words.length - one.words.length;
}

function choiceLines({ words, options }: CompletedPlace): readonly string[] {
  return options
    .filter(({ choices }) => choices.length > 0)
    .map(({ flags, choices }) => {
      const cases = flags.map((flag) => `"${words}"*":${flag}"`).join("|");
      return `    ${cases}) candidates=(${choices.join(" ")}); _describe value candidates; return ;;`;
    });
}

function optionLines({ words, options }: CompletedPlace): string {
  const described = options.flatMap(({ flags, summary }) => flags.map((flag) => entry(flag, summary)));
  return `      ${words === "" ? "*" : `"${words} "*`}) candidates=(${described.join(" ")}) ;;`;
}

function wordLines({ words, next }: CompletedPlace): string {
  return `    "${words}") candidates=(${next.map(([word, summary]) => entry(word, summary)).join(" ")}) ;;`;
}

/** zsh takes the first colon as the border, so the word must have none. */
function entry(word: string, summary: string): string {
  return `'${word}:${summary.replaceAll("'", "'\\''")}'`;
}
