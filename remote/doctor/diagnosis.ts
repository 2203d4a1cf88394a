/** One thing that keeps a node from being reached or installed, or soon will, and what to do about it. */
export interface Diagnosis {
  /** What was looked at: `name`, `port 22`, `host key`, `disk /var`. */
  readonly check: string;
  /** False: nothing fails because of it yet. */
  readonly serious: boolean;
  readonly problem: string;
  readonly remedy: string;
}

export function serious(check: string, problem: string, remedy: string): Diagnosis {
  return { check, serious: true, problem, remedy };
}

export function minor(check: string, problem: string, remedy: string): Diagnosis {
  return { check, serious: false, problem, remedy };
}
