import type { Body, Running } from './running.ts';
import { until } from './running.ts';

const base = '/v1/audit';

/** Asks for a job and resolves with it once it has ended, or is as is waited for. */
export async function runJob(
  running: Pick<Running, 'get' | 'post'>,
  kind: 'rebuilds' | 'verifications',
  body: object,
  isEnough: (job: Body) => boolean = hasEnded,
): Promise<Body> {
  const begun = await running.post(`${base}/${kind}`, body);
  if (begun.status !== 202) throw new Error(`not begun: ${begun.status} ${JSON.stringify(begun.body)}`);
  return jobOnce(running, begun.headers.get('location') ?? '', isEnough);
}

/** A job by its path, once it has ended, or is as is waited for. */
export async function jobOnce(
  running: Pick<Running, 'get'>,
  path: string,
  isEnough: (job: Body) => boolean = hasEnded,
): Promise<Body> {
  let job: Body;
  await until(async () => {
    job = (await running.get(path)).body;
    return isEnough(job);
  });
  return job;
}

export function hasEnded({ endedAt }: Body): boolean {
  return endedAt !== null;
}
