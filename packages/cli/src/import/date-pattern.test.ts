import { describe, expect, it } from 'vitest';
import { compileDatePattern } from './date-pattern.ts';

function read(pattern: string, text: string) {
  const compiled = compileDatePattern(pattern);
  if (typeof compiled === 'string') throw new Error(compiled);
  const found = compiled.read(text);
  return found && { ...found, localMs: new Date(found.localMs).toISOString() };
}

describe('date patterns', () => {
  it.each([
    ['yyyy-MM-dd HH:mm:ss', '2010-12-01 08:26:00', '2010-12-01T08:26:00.000Z'],
    ['yyyyMMdd', '19970118', '1997-01-18T00:00:00.000Z'],
    ['dd.MM.yyyy', '29.02.2012', '2012-02-29T00:00:00.000Z'],
    ['M/d/yyyy H:mm', '12/1/2010 8:26', '2010-12-01T08:26:00.000Z'],
    ["yyyy-MM-dd'T'HH:mm:ss.SSS", '2010-12-01T08:26:00.125', '2010-12-01T08:26:00.125Z'],
  ])('%s reads %s', (pattern, text, expected) => {
    expect(read(pattern, text)).toEqual({ localMs: expected });
  });

  it('read an offset', () => {
    expect(read('yyyy-MM-dd HH:mmXXX', '2010-12-01 08:26-05:30')?.offsetMs).toBe(-19_800_000);
    expect(read('yyyy-MM-dd HH:mmXXX', '2010-12-01 08:26Z')?.offsetMs).toBe(0);
  });

  it.each([
    ['dd.MM.yyyy', '29.02.2011'],
    ['dd.MM.yyyy', '1.2.2011'],
    ['dd.MM.yyyy', '01.13.2011'],
    ['dd.MM.yyyy', '01.02.2011 '],
    ['yyyy-MM-dd HH:mm', '2011-01-01 24:00'],
    ['yyyy-MM-dd HH:mm', '2011-01-01 23:60'],
    ['yyyy.MM.dd', '2011-01-01'],
  ])('%s does not read %j', (pattern, text) => {
    expect(read(pattern, text)).toBeUndefined();
  });

  it('say what is wrong with them', () => {
    expect(compileDatePattern('dd.MM')).toBe('has no year');
    expect(compileDatePattern('yyyy-mm-dd')).toBe('has no month');
    expect(compileDatePattern('dd.MM.yyyy d')).toBe('has the day twice');
    expect(compileDatePattern('YYYY-MM-dd')).toMatch(/^has YYYY, which is none of/);
    expect(compileDatePattern("yyyy-MM-dd'T")).toBe('has a quote that is not closed');
  });
});
