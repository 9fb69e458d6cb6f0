/** What is told of the rate is that of the last seconds, not of all. */
const rateMs = 5_000;

/** How fast a job goes, out of how far it was a while ago. */
export class ProgressRate {
  #samples: { readonly at: number; readonly share: number; readonly events: number }[] = [];

  at({ share, events }: { readonly share: number; readonly events: number }) {
    const at = performance.now();
    this.#samples.push({ at, share, events });
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > rateMs) this.#samples.shift();
    const first = this.#samples[0] ?? { at, share, events };
    const seconds = (at - first.at) / 1_000;
    if (seconds === 0) return { share, events, eventsPerSecond: 0, secondsLeft: null };
    const shareRate = (share - first.share) / seconds;
    return {
      share,
      events,
      eventsPerSecond: Math.round((events - first.events) / seconds),
      secondsLeft: share >= 1 ? 0 : shareRate > 0 ? Math.ceil((1 - share) / shareRate) : null,
    };
  }
}
