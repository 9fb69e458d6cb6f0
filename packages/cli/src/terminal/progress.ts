import { Presets, SingleBar } from 'cli-progress';
import type { Output } from '../io.ts';

const lineEveryMs = 5000;

/** How far something long is. It goes to the error output, so that the output proper can be piped. */
export interface Progress {
  update(done: number): void;
  stop(): void;
}

export interface ProgressOptions {
  /** What is done, such as `Reading`. */
  readonly label: string;
  readonly total: number;
  /** What is counted, such as `rows`. */
  readonly unit: string;
}

export type ProgressStyle = (options: ProgressOptions) => Progress;

/** A bar with rate and time left on a terminal, else a line each five seconds. */
export function progressStyle(stream: Output, now: () => number = Date.now): ProgressStyle {
  return stream.isTTY ? (options) => bar(options, stream) : (options) => lines(options, stream, now);
}

/** For machines that want nothing but the result. */
export const noProgress: ProgressStyle = () => ({ update: () => undefined, stop: () => undefined });

function bar({ label, total, unit }: ProgressOptions, stream: Output): Progress {
  const startedAt = Date.now();
  const format = `${label.padEnd(9)} {bar} {percentage}% | {value}/{total} ${unit} | {rate}/s | {eta_formatted} left`;
  const single = new SingleBar(
    { format, stream, barsize: 20, linewrap: true, gracefulExit: false, etaBuffer: 50, fps: 10 },
    Presets.shades_classic,
  );
  const rate = (done: number) => ({ rate: Math.round((done * 1000) / Math.max(1, Date.now() - startedAt)) });
  single.start(total, 0, rate(0));
  let last = 0;
  return {
    update: (done) => {
      last = done;
      single.update(done, rate(done));
    },
    stop: () => {
      single.update(last, rate(last));
      single.stop();
    },
  };
}

function lines({ label, total, unit }: ProgressOptions, stream: Output, now: () => number): Progress {
  const startedAt = now();
  let saidAt = startedAt;
  return {
    update: (done) => {
      const at = now();
      if (at - saidAt < lineEveryMs) return;
      saidAt = at;
      const rate = (done * 1000) / (at - startedAt);
      const left = rate > 0 ? Math.ceil((total - done) / rate) : 0;
      const percent = Math.floor((done * 100) / Math.max(1, total));
      stream.write(`${label}: ${done} of ${total} ${unit} (${percent} %), ${Math.round(rate)}/s, ${left} s left\n`);
    },
    stop: () => undefined,
  };
}
