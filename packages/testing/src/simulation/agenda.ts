interface Appointment {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** What will happen, earliest first; what falls on the same instant in the order it was entered. A binary heap. */
export class Agenda {
  readonly #heap: Appointment[] = [];
  #entered = 0;

  enter(at: number, run: () => void): void {
    const heap = this.#heap;
    const appointment = { at, order: this.#entered++, run };
    let hole = heap.push(appointment) - 1;
    while (hole > 0) {
      const up = (hole - 1) >> 1;
      const above = heap[up];
      if (above === undefined || precedes(above, appointment)) break;
      heap[hole] = above;
      hole = up;
    }
    heap[hole] = appointment;
  }

  /** Takes the earliest; undefined when nothing is left. */
  next(): Appointment | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      let below = heap[child];
      if (below === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && precedes(right, below)) {
        child++;
        below = right;
      }
      if (precedes(last, below)) break;
      heap[hole] = below;
      hole = child;
    }
    heap[hole] = last;
    return first;
  }
}

function precedes(left: Appointment, right: Appointment): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
