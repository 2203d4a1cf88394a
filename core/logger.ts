/** A constant message plus fields; `Secret` values print redacted. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

const nothing = (): void => undefined;

/** For callers that have nobody to tell. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
