import type { AttributeValue, EventOfType } from '@tenure/contracts';
import { accepted, type Decision, type Happening, unchanged } from '../decider.ts';
import { reject } from '../rejections.ts';
import { isoInstant } from '../time/calendar.ts';
import { attributeFault, attributeOf, isExtension } from './attributes.ts';
import type { InformationSource, KnownProfile } from './state.ts';

type AttributesChanged = EventOfType<'AttributesChanged'>;
type Change = AttributesChanged['data']['changes'][number];

/** Extension attributes are made by anybody; this many keep a customer's document small. */
export const maxExtensionAttributes = 100;

interface AttributeInput {
  readonly value: AttributeValue | null;
  readonly source: InformationSource;
  readonly observedAt: string;
}

/**
 * One event for each instant of observation, dated by it, earliest first; what is known already is left out. An older
 * observation than the one that holds is kept, and does not win.
 */
export function changeAttributes(
  state: KnownProfile,
  inputs: Readonly<Record<string, AttributeInput>>,
): Decision<AttributesChanged> {
  const byInstant = new Map<number, { changes: Change[]; values: Record<string, AttributeValue> }>();
  let extensions = [...state.attributes.keys()].filter(isExtension).length;
  for (const [name, { value, source, observedAt }] of Object.entries(inputs)) {
    const definition = attributeOf(name);
    if (definition === undefined) {
      const detail = 'is no attribute of the registry; names of your own begin with x-';
      return reject('unknown-attribute', detail, { pointer: `/attributes/${pointerPart(name)}` });
    }
    const fault = attributeFault(definition, value);
    if (fault !== undefined) return reject('invalid-attribute', fault, { pointer: `/attributes/${name}/value` });
    const at = Date.parse(observedAt);
    if (isKnown(state, name, value, source, at)) continue;
    if (isExtension(name) && !state.attributes.has(name) && ++extensions > maxExtensionAttributes) {
      const detail = `a customer has at most ${maxExtensionAttributes} extension attributes`;
      return reject('too-many-attributes', detail, { pointer: `/attributes/${name}` });
    }
    const group = byInstant.get(at) ?? { changes: [], values: {} };
    byInstant.set(at, group);
    const change = { name, category: definition.category, source, observedAt: isoInstant(at) };
    if (definition.personal && value !== null) {
      group.changes.push(change);
      group.values[name] = value;
    } else {
      group.changes.push({ ...change, value });
    }
  }
  if (byInstant.size === 0) return unchanged;
  const groups = [...byInstant].sort(([left], [right]) => left - right);
  const events = groups.map(
    ([occurredAt, { changes, values }]): Happening<AttributesChanged> => ({
      type: 'AttributesChanged',
      data: { changes },
      ...(Object.keys(values).length === 0 ? {} : { personal: { values } }),
      occurredAt,
      customerId: state.customerId,
    }),
  );
  return accepted(...events);
}

function isKnown(
  state: KnownProfile,
  name: string,
  value: AttributeValue | null,
  source: InformationSource,
  observedAt: number,
): boolean {
  const observations = state.attributes.get(name) ?? [];
  return observations.some((one) => one.observedAt === observedAt && one.value === value && one.source === source);
}

/** A name as a part of a JSON pointer. */
function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
