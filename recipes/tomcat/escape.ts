/** A text as the value of an XML attribute in double quotes. */
export function xmlAttribute(text: string): string {
  return text.replaceAll(/[&<>"'\p{Cc}]/gu, (found) => `&#${found.codePointAt(0)};`);
}

/** Attributes of an XML element. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Attributes as they stand in an element, each with a space before it. */
export function xmlAttributes(values: Attributes): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlAttribute(String(value))}"`)
    .join("");
}

/** One line of a Java properties file. */
export function javaProperty(key: string, value: string): string {
  return `${escapeProperty(key).replaceAll(" ", String.raw`\ `)}=${escapeProperty(value).replace(/^ /, String.raw`\ `)}\n`;
}

/** One line of a systemd EnvironmentFile. */
export function environmentLine(name: string, value: string): string {
  return `${name}="${value.replaceAll(/["\\$`]/g, String.raw`\$&`)}"\n`;
}

function escapeProperty(text: string): string {
  return text.replaceAll(/[\\=:#!]|[^\x20-\x7e]/g, (found) =>
    found >= " " && found <= "~" ? `\\${found}` : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
