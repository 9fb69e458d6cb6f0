import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ContactPointKind, normaliseContactPoint } from './contact-point.ts';

test.each<[ContactPointKind, string, string]>([
  ['email', ' Ann.Lee@Example.ORG ', 'ann.lee@example.org'],
  ['email', `${'a'.repeat(242)}@example.org`, `${'a'.repeat(242)}@example.org`],
  ['phone', '+86 10 6552-9988', '+861065529988'],
  ['phone', '0049 30/123.456', '+4930123456'],
  ['phone', '(+44) 20 7946 0018', '+442079460018'],
  ['phone', '＋８６ １３９ １２３４ ５６７８', '+8613912345678'],
  ['social', ' weibo:  ann ', 'weibo: ann'],
  ['address', '1 High Street\n Leeds', '1 High Street Leeds'],
])('%s %j becomes %j', (kind, given, expected) => expect(normaliseContactPoint(kind, given)).toBe(expected));

test.each<[ContactPointKind, string]>([
  ['email', 'ann'],
  ['email', 'ann@example'],
  ['email', 'ann lee@example.org'],
  ['email', 'ann@@example.org'],
  ['email', `${'a'.repeat(243)}@example.org`],
  ['phone', '020 7946 0018'],
  ['phone', '+44'],
  ['phone', '+44 20 7946 0018 0018 0018'],
  ['phone', '+44 CALL NOW'],
  ['social', '  '],
  ['address', '\n'],
])('%s %j is none', (kind, given) => expect(normaliseContactPoint(kind, given)).toBeUndefined());

const settings = { numRuns: 500 };

test('the normal form is normal, whatever came', () => {
  const kinds = fc.constantFrom<ContactPointKind>('email', 'phone', 'social', 'address');
  const values = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.emailAddress(),
    fc.stringMatching(/^\+?[0-9 ()-]{5,20}$/),
  );
  const property = fc.property(kinds, values, (kind, value) => {
    const normal = normaliseContactPoint(kind, value);
    if (normal !== undefined) expect(normaliseContactPoint(kind, normal)).toBe(normal);
  });
  fc.assert(property, settings);
});
