/** Text that is HTML already: the only thing that `html` does not escape. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | Html | readonly Html[];

/** A template whose values are escaped unless they are HTML themselves. */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(parts.map((part, index) => part + textOf(pieces[index] ?? "")).join(""));
}

/** Text of our own that is meant as it stands: styles. */
export function raw(text: string): Html {
  return new Html(text);
}

/** A table whose first row names the columns. */
export function table(
  columns: readonly string[],
  lines: readonly (readonly (string | Html)[])[],
  kind = "",
): Html {
  const head = columns.map((column) => html`<th scope="col">${column}</th>`);
  const body = lines.map(
    (line) =>
      html`<tr>
        ${line.map((cell) => html`<td>${cell}</td>`)}
      </tr>`,
  );
  return html`<div class="scroll">
    <table class="${kind}">
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

export function list(items: readonly string[]): Html {
  return html`<ul>
    ${items.map((item) => html`<li>${item}</li>`)}
  </ul>`;
}

function textOf(piece: Piece): string {
  if (piece instanceof Html) return piece.text;
  return typeof piece === "string" ? escape(piece) : piece.map(({ text }) => text).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}
