import { type AttributeValue, attributeCategory } from '@tenure/contracts';
import { describe, expect, test } from 'vitest';
import { attributeFault, attributeOf, attributeRegistry, isExtension } from './attributes.ts';

const fault = (name: string, value: AttributeValue | null): string | undefined => {
  const definition = attributeOf(name);
  if (definition === undefined) throw new Error(`no attribute ${name}`);
  return attributeFault(definition, value);
};

test('every category has attributes, and every name is one that the published language takes', () => {
  const categories = new Set([...attributeRegistry.values()].map(({ category }) => category));
  expect([...categories].sort()).toEqual([...attributeCategory.options].sort());
  for (const [name, definition] of attributeRegistry) {
    expect(name).toMatch(/^[a-z][A-Za-z0-9]{0,62}$/);
    expect(definition.name).toBe(name);
  }
});

test('an extension is a free text, and personal', () => {
  expect(attributeOf('x-shoe-size')).toMatchObject({ category: 'extension', personal: true, type: { kind: 'text' } });
  expect(attributeOf('shoeSize')).toBeUndefined();
  expect(attributeOf('x-')).toBeUndefined();
  expect(attributeOf('x-a.b')).toBeUndefined();
  expect(attributeOf('constructor')).toBeUndefined();
  expect(isExtension('competitors')).toBe(false);
});

describe('values', () => {
  test.each<[string, AttributeValue]>([
    ['givenName', '明'],
    ['givenName', 'a'.repeat(100)],
    ['birthDate', '2000-02-29'],
    ['gender', 'female'],
    ['country', 'CN'],
    ['language', 'zh-Hans-CN'],
    ['timeZone', 'Asia/Shanghai'],
    ['preferredChannel', 'live-chat'],
    ['householdSize', 1],
    ['householdSize', 50],
    ['newsletter', false],
    ['x-shoe-size', '42'],
  ])('%s may be %j', (name, value) => expect(fault(name, value)).toBeUndefined());

  test.each<[string, AttributeValue]>([
    ['givenName', ''],
    ['givenName', '  '],
    ['givenName', 'a'.repeat(101)],
    ['givenName', 7],
    ['birthDate', '2001-02-29'],
    ['birthDate', '2001-13-01'],
    ['birthDate', '01.02.2001'],
    ['gender', 'Female'],
    ['country', 'China'],
    ['language', 'not a language'],
    ['timeZone', 'Mars/Olympus'],
    ['householdSize', 0],
    ['householdSize', 51],
    ['householdSize', 1.5],
    ['householdSize', '2'],
    ['newsletter', 'yes'],
    ['x-shoe-size', 42],
  ])('%s may not be %j', (name, value) => expect(fault(name, value)).toMatch(/^must be/));

  test('any may be taken away', () => expect(fault('birthDate', null)).toBeUndefined());
});
