/** Where text goes: a terminal, a pipe, a file. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** What a command may touch of the world. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For results. */
  readonly stdout: Output;
  /** For progress and for what went wrong. */
  readonly stderr: Output;
}

/** Writes a line of the result. */
export function say({ stdout }: Pick<Io, 'stdout'>, text: string): void {
  stdout.write(`${text}\n`);
}

/** Writes a result for machines. */
export function sayJson(io: Pick<Io, 'stdout'>, value: unknown): void {
  say(io, JSON.stringify(value));
}
