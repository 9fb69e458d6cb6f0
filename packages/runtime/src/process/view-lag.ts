import type { Position } from '@tenure/event-store';

const SAMPLE_EVERY_MS = 250;
const MOST_SAMPLES = 2_400;

export interface LagMeter {
  /** For how long the oldest event that the views lack has been in the log, to a quarter second. */
  seconds(): number;
  stop(): void;
}

/** Measures how far the views are behind the log in time: positions say nothing of that, so heads are remembered. */
export function createLagMeter(
  head: () => Promise<Position | null>,
  viewsAt: () => Position | null,
  onError: (error: unknown) => void,
): LagMeter {
  let samples: { readonly position: Position; readonly at: number }[] = [];
  const dropReached = (): void => {
    const reached = viewsAt();
    if (reached !== null) samples = samples.filter(({ position }) => position > reached);
  };
  const sample = async (): Promise<void> => {
    const position = await head();
    if (position === null || position === samples.at(-1)?.position) return;
    samples.push({ position, at: performance.now() });
    dropReached();
    // Far behind, fewer instants will do: the first tells how far.
    if (samples.length > MOST_SAMPLES) samples = samples.filter((_, index) => index % 2 === 0);
  };
  const timer = setInterval(() => void sample().catch(onError), SAMPLE_EVERY_MS);
  timer.unref();
  return {
    seconds() {
      dropReached();
      const [oldest] = samples;
      return oldest === undefined ? 0 : (performance.now() - oldest.at) / 1000;
    },
    stop: () => clearInterval(timer),
  };
}
