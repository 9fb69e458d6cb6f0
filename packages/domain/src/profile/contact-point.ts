import type { contactPointKind } from '@tenure/contracts';

export type ContactPointKind = (typeof contactPointKind.options)[number];

const emailShape = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/;
const phoneShape = /^\+[1-9]\d{6,14}$/;

/**
 * The form in which equal contact points are equal strings: an e-mail address in lower case, a phone number as digits
 * after a +, anything else with single spaces. Whoever makes ids for contact points makes them from it.
 * @returns undefined if the value cannot be a contact point of its kind
 */
export function normaliseContactPoint(kind: ContactPointKind, value: string): string | undefined {
  // Full-width digits and signs, as Chinese keyboards give them, become plain ones.
  const text = value.normalize('NFKC').trim();
  switch (kind) {
    case 'email': {
      const address = text.toLowerCase();
      return address.length <= 254 && emailShape.test(address) ? address : undefined;
    }
    case 'phone': {
      const digits = text.replace(/[\s().\-/]/g, '').replace(/^00/, '+');
      return phoneShape.test(digits) ? digits : undefined;
    }
    case 'social':
    case 'address': {
      const plain = text.replace(/\s+/g, ' ');
      return plain === '' ? undefined : plain;
    }
    default:
      return kind satisfies never;
  }
}

/** What a contact point of a kind must be, for whoever sent another. */
export const contactPointRules: Readonly<Record<ContactPointKind, string>> = {
  email: 'must be an e-mail address',
  phone: 'must be a phone number with its country code, such as +86 10 6552 9988',
  social: 'must not be blank',
  address: 'must not be blank',
};
