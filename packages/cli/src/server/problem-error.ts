import { z } from 'zod';

const problemBody = z.looseObject({
  title: z.string(),
  detail: z.string().optional(),
  errors: z
    .array(
      z.looseObject({
        pointer: z.string().optional(),
        parameter: z.string().optional(),
        header: z.string().optional(),
        detail: z.string(),
      }),
    )
    .optional(),
});

/** The server said no: a problem by RFC 9457, told as a person reads it. */
export class ProblemError extends Error {
  readonly code = 'problem';
  readonly exitCode = 1;
  override readonly name = 'ProblemError';
  readonly status: number;
  /** As it came. */
  readonly body: unknown;
  constructor(status: number, body: unknown) {
    super(describeProblem(body) ?? `The server answered ${status}.`);
    this.status = status;
    this.body = body;
  }
}

/** Title, detail and, a line each, the fields that are wrong. Undefined for what is no problem. */
export function describeProblem(body: unknown): string | undefined {
  const parsed = problemBody.safeParse(body);
  if (!parsed.success) return undefined;
  const { title, detail, errors = [] } = parsed.data;
  const fields = errors.map((error) => {
    const place = error.pointer ?? error.parameter ?? error.header;
    return `\n  ${place === undefined || place === '' ? '' : `${place}: `}${error.detail}`;
  });
  return [detail === undefined || detail === title ? title : `${title}: ${detail}`, ...fields].join('');
}

/** What a server answered: not everything between here and the service speaks JSON, so a proxy's page stays a text. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
