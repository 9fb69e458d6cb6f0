import { z } from 'zod';
import { entityId, instant, shortText } from '../common.ts';
import { text } from '../text.ts';

/** Opens a session; the same fingerprint names the same session again, so that an import can be taken up again. */
export const importBody = z
  .strictObject({
    name: shortText.describe('What a person calls it: the file'),
    fingerprint: text({
      min: 8,
      max: 128,
      pattern: /^[A-Za-z0-9_-]+$/,
      error: 'must be letters, digits, - and _',
    }).describe('Says what is imported, and how: a hash of the file and of its map'),
  })
  .meta({ id: 'Import', description: 'A bulk import begins' });
export type ImportBody = z.infer<typeof importBody>;

export const importView = z
  .strictObject({
    id: entityId,
    name: shortText,
    status: z.enum(['open', 'finished']),
    startedAt: instant,
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'ImportView', description: 'An import session' });
export type ImportView = z.infer<typeof importView>;
