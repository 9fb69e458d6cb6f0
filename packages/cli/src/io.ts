/** What a command may touch of the world. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For results. */
  readonly stdout: NodeJS.WriteStream;
  /** For progress and for what went wrong. */
  readonly stderr: NodeJS.WriteStream;
}

/** Writes a line of the result. */
export function say({ stdout }: Pick<Io, 'stdout'>, text: string): void {
  stdout.write(`${text}\n`);
}

/** Writes a result for machines. */
export function sayJson(io: Pick<Io, 'stdout'>, value: unknown): void {
  say(io, JSON.stringify(value));
}
