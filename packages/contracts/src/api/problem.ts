import { z } from 'zod';

/** What is wrong with one field of the input. */
export const problemField = z.strictObject({
  pointer: z.string().describe('JSON pointer (RFC 6901) into the input, such as /lines/0/amountMinor'),
  detail: z.string(),
});
export type ProblemField = z.infer<typeof problemField>;

/** The answer to anything that went wrong, by RFC 9457. */
export const problem = z
  .looseObject({
    type: z
      .string()
      .regex(/^urn:[a-z0-9][a-z0-9-]*:.+$/)
      .describe('A stable URN that ends in the code of the error'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().optional(),
    instance: z.string().optional(),
    errors: z.array(problemField).optional().describe('The fields that are wrong'),
  })
  .meta({ id: 'Problem', description: 'A problem by RFC 9457' });
export type Problem = z.infer<typeof problem>;
