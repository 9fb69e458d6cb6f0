import { z } from 'zod';

interface TextRule {
  readonly min: number;
  readonly max: number;
  /** Must be plain ASCII syntax that JSON Schema reads alike: it is published as `pattern`. */
  readonly pattern: RegExp;
  /** What is wrong with a text that does not match. */
  readonly error: string;
  /** The same as `pattern.test`, where there is a faster way. */
  readonly test?: (value: string) => boolean;
}

/**
 * A string with bounds and a pattern, in one check: zod pays for each check apart, and the fields of a purchase's lines
 * are checked by the million. Length is counted in code points, as JSON Schema counts it. A lone surrogate is refused: it
 * has no UTF-8 form, so two different ids could become one.
 */
export function text({ min, max, pattern, error, test = (value) => pattern.test(value) }: TextRule) {
  return z
    .string()
    .check((context) => {
      const value = context.value;
      if (value.length < min) fault(context, min === 1 ? 'must not be empty' : `must have at least ${min} characters`);
      else if (value.length > max && codePoints(value) > max) fault(context, `must have at most ${max} characters`);
      else if (!test(value)) fault(context, error);
      else if (!value.isWellFormed()) fault(context, 'must be well-formed Unicode');
    })
    .meta({ minLength: min, maxLength: max, pattern: pattern.source });
}

function fault(context: z.core.ParsePayload<string | number>, message: string): void {
  context.issues.push({ code: 'custom', message, input: context.value });
}

function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}

/** Rule of a free text: U+0000 ends a string in too many other systems. */
export const noNul = {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what it refuses
  pattern: /^[^\u0000]*$/,
  test: (value: string) => !value.includes('\0'),
  error: 'must not hold U+0000',
};

/** A whole number within what a double holds exactly, in one check. */
export function wholeNumber(rule: { min?: number; max?: number; nonZero?: true } = {}) {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER, nonZero } = rule;
  return z
    .number()
    .check((context) => {
      const value = context.value;
      if (!Number.isSafeInteger(value)) fault(context, 'must be a whole number below 2^53');
      else if (value < min) fault(context, `must be at least ${min}`);
      else if (value > max) fault(context, `must be at most ${max}`);
      else if (nonZero && value === 0) fault(context, 'must not be 0');
    })
    .meta({ type: 'integer', minimum: min, maximum: max, ...(nonZero ? { not: { const: 0 } } : {}) });
}
