import { baseConfig, type Service } from '@tenure/runtime';
import { z } from 'zod';
import { services } from './services.ts';

const names = services.map(({ name }) => name);

/** What the standalone process can be told. */
export const standaloneConfig = baseConfig.extend({
  TENURE_SERVICES: z
    .string()
    .default(names.join(','))
    .transform((text, context): readonly Service[] => {
      const wanted = new Set(text.split(',').map((name) => name.trim()));
      for (const name of wanted) {
        if (names.some((known) => known === name)) continue;
        context.addIssue({ code: 'custom', message: `"${name}" is none of ${names.join(', ')}` });
      }
      return services.filter(({ name }) => wanted.has(name));
    })
    .meta({ description: 'Services to run in this process, divided by commas; the others answer 404' }),
});
export type StandaloneConfig = z.infer<typeof standaloneConfig>;
