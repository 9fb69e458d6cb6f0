import { readFileSync } from 'node:fs';
import { instantParameter, type PolicyDraft, policyDraft } from '@tenure/contracts';
import { z } from 'zod';
import { UsageError } from '../errors.ts';

/** Reads a policy from a JSON file. @throws UsageError that lists everything that is wrong with it */
export function readDraft(file: string): PolicyDraft {
  const parsed = policyDraft.safeParse(readJson(file));
  if (parsed.success) return parsed.data;
  throw new UsageError(`${file} is no policy:\n${z.prettifyError(parsed.error)}`);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new UsageError(`The policy ${file} cannot be read: ${detail}`, { cause: error });
  }
}

/** An instant as a person types it, such as 2011-03-01T00:00Z, for the body of a request. @throws UsageError */
export function readInstant(option: string, text: string): string {
  const parsed = instantParameter.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${option} ${text}: ${parsed.error.issues[0]?.message}`);
}
