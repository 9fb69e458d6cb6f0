import { z } from 'zod';
import { instant } from '../common.ts';
import { policyDocument } from '../policies.ts';
import { policyDraft } from '../policy-draft.ts';
import { position } from './common.ts';

const effectiveFrom = instant.describe(
  'From when on it holds; if left out from now on, the first version of a policy always',
);

/** Publishes a policy's next version. */
export const policyBody = z
  .strictObject({ document: policyDraft, effectiveFrom: effectiveFrom.optional() })
  .meta({ id: 'PolicyPublication', description: 'A version of a policy, and from when on it holds' });
export type PolicyBody = z.infer<typeof policyBody>;

/** Publishes what was tried. */
export const publishBody = z
  .strictObject({ effectiveFrom: effectiveFrom.optional() })
  .meta({ id: 'DraftPublication', description: 'From when on the draft holds' });

const policyName = z.enum(['lifecycle', 'loyalty', 'satisfaction', 'lifecycle-model']);

/** One published version. */
export const policyView = z
  .strictObject({
    id: z.string().describe('Policy and version, such as lifecycle-2'),
    policy: policyName,
    version: z.int().positive(),
    effectiveFrom: instant.nullable().describe('null: it has always held'),
    effectiveUntil: instant.nullable().describe('When the next version comes into force; null: there is none'),
    inForce: z.boolean().describe('Whether it holds now'),
    publishedAt: instant,
    publishedBy: z.string().describe('The id of an API key; start: it came with the program'),
    document: policyDocument,
    position,
  })
  .meta({ id: 'PolicyView', description: '策略: a published version of a policy' });
export type PolicyView = z.infer<typeof policyView>;
