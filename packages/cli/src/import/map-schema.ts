import { source } from '@tenure/contracts';
import { z } from 'zod';
import { compileDatePattern } from './date-pattern.ts';
import { parseTemplate } from './order-id.ts';

const columnName = z.string().min(1).describe("A column's name, as in the header or in format.columns");

const regularExpression = z.string().superRefine((value, context) => {
  try {
    new RegExp(value, 'u');
  } catch (error) {
    context.addIssue({ code: 'custom', message: `is no regular expression: ${String(error)}` });
  }
});

const zone = z.string().superRefine((value, context) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
  } catch {
    context.addIssue({ code: 'custom', message: 'must be an IANA time zone such as Europe/London' });
  }
});

const encoding = z.string().superRefine((value, context) => {
  try {
    new TextDecoder(value);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be an encoding such as utf-8 or windows-1252' });
  }
});

const oneCharacter = z.string().regex(/^[^\r\n]$/u, 'must be one character');

const template = z.string().superRefine((value, context) => {
  const parsed = parseTemplate(value);
  if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed });
});

/** A text: that of a column, blanks at its ends and what matches `remove` taken away, or always the same. */
const text = z.union([
  z.strictObject({ column: columnName, remove: regularExpression.optional() }),
  z.strictObject({ constant: z.string().min(1) }),
]);
export type TextRule = z.infer<typeof text>;

const format = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('csv').describe('RFC 4180: a quote within quotes is doubled'),
    delimiter: oneCharacter,
    quote: oneCharacter.nullable().describe('null: quotes mean nothing'),
    encoding,
    header: z.boolean().describe("Whether the first row has the columns' names"),
    columns: z.array(columnName).min(1).optional().describe('Names, when there is no header'),
  }),
  z.strictObject({
    type: z.literal('whitespace').describe('Columns divided by blanks'),
    encoding,
    columns: z.array(columnName).min(1),
  }),
  z.strictObject({
    type: z.literal('fixed-width'),
    encoding,
    columns: z
      .array(z.strictObject({ name: columnName, from: z.int().min(1), to: z.int().min(1) }))
      .min(1)
      .describe('First and last character of each column, counted from 1'),
  }),
]);
export type FileFormat = z.infer<typeof format>;
export type CsvFormat = Extract<FileFormat, { type: 'csv' }>;

const numbers = z.strictObject({
  decimal: z.enum(['.', ',']),
  group: z.enum(['.', ',', ' ', "'"]).optional().describe('What may divide thousands'),
  rounding: z
    .enum(['half-up', 'half-even', 'refuse'])
    .describe("Of amounts finer than the currency's minor unit: half away from zero, half to even, or no such row"),
});
export type NumberRules = z.infer<typeof numbers>;

const rowTest = z.union([
  z.strictObject({ column: columnName, startsWith: z.string().min(1) }),
  z.strictObject({ column: columnName, equals: z.string() }),
  z.strictObject({ column: columnName, matches: regularExpression }),
  z.strictObject({ column: columnName, negative: z.literal(true) }),
]);
export type RowTest = z.infer<typeof rowTest>;

const sign = z.enum(['negative', 'positive']);

const refund = z.strictObject({
  when: rowTest.describe('Which rows are refunds; a refund is all such rows with its id'),
  quantities: sign.describe('How the quantities of such rows are written'),
  amounts: sign.optional().describe('How their amounts are written, where a column has them; else as quantities'),
  originalOrderId: template.optional().describe('The purchase, when the row names it'),
  reason: text.optional(),
});

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/, 'must be a time of day such as 12:00');

const occurredAt = z
  .strictObject({
    column: columnName,
    pattern: z.string().describe("yyyy MM M dd d HH H mm ss SSS, XXX for an offset, other letters in 'quotes'"),
    time: time.optional().describe('Of day, when the pattern has none'),
    zone: zone.optional().describe('In which the times are, when the pattern has no offset'),
  })
  .superRefine((value, context) => {
    const pattern = compileDatePattern(value.pattern);
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (typeof pattern === 'string') return fault('pattern', pattern);
    if (!pattern.hasTime && value.time === undefined) fault('time', 'is needed, since the pattern has no time of day');
    if (pattern.hasTime && value.time !== undefined) fault('time', 'contradicts the pattern, which has a time of day');
    if (!pattern.hasOffset && value.zone === undefined) fault('zone', 'is needed, since the pattern has no offset');
    if (pattern.hasOffset && value.zone !== undefined) fault('zone', 'contradicts the pattern, which has an offset');
  });

const line = z
  .strictObject({
    id: text.optional().describe("Else the line's ordinal in its order, from 1, in file order"),
    productId: text,
    name: text.optional(),
    category: text.optional(),
    quantity: z.strictObject({ column: columnName }),
    unitPrice: z.strictObject({ column: columnName }).optional(),
    amount: z.union([z.strictObject({ column: columnName }), z.literal('quantity x unitPrice')]),
  })
  .superRefine((value, context) => {
    if (value.amount === 'quantity x unitPrice' && value.unitPrice === undefined) {
      context.addIssue({ code: 'custom', path: ['unitPrice'], message: 'is needed for the amount' });
    }
  });

/** How the rows of a file become purchases and refunds. */
export const importMap = z
  .strictObject({
    description: z.string().optional(),
    source: source.describe('Who publishes the facts, and in whose name space the customers are'),
    format,
    numbers,
    orderId: template.describe('Columns in braces; {nth} counts the rows that are otherwise alike, from 1'),
    refund: refund.optional(),
    customer: z.strictObject({
      column: columnName,
      remove: regularExpression.optional(),
      unknown: z.array(z.string()).optional().describe('Values that mean no customer, as an empty one does'),
    }),
    occurredAt,
    currency: text,
    channel: text.optional(),
    shop: text.optional(),
    campaign: text.optional(),
    line,
  })
  .superRefine((map, context) => {
    if (map.format.type === 'csv' && map.format.header === (map.format.columns !== undefined)) {
      const message = map.format.header ? 'contradict the header' : 'are needed, since there is no header';
      context.addIssue({ code: 'custom', path: ['format', 'columns'], message });
    }
    if (map.numbers.decimal === map.numbers.group) {
      context.addIssue({ code: 'custom', path: ['numbers', 'group'], message: 'must differ from decimal' });
    }
  });
export type ImportMap = z.infer<typeof importMap>;
