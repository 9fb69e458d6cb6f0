import { describe, expect, it } from 'vitest';
import { fillTemplate, ordinalMark, parseTemplate } from './order-id.ts';

function fill(text: string, row: Record<string, string>): string | null {
  const template = parseTemplate(text);
  if (typeof template === 'string') throw new Error(template);
  return fillTemplate(template, (column) => row[column] ?? '');
}

describe('order ids', () => {
  it('are made of columns', () => {
    expect(fill('{No}', { No: 'C536' })).toBe('C536');
    expect(fill('eu-{key}-{date}-{nth}', { key: '4', date: '19970101' })).toBe(`eu-4-19970101-${ordinalMark}`);
  });

  it('are none when a column is empty', () => {
    expect(fill('{key}-{date}', { key: '4', date: '' })).toBeNull();
  });

  it.each(['', 'order', '{', '{}', '{a', 'a}', '{{a}}', '{nth}', '{a}-{nth}-{nth}'])('cannot be made by %j', (text) => {
    expect(parseTemplate(text)).toEqual(expect.any(String));
  });
});
