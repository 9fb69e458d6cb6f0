/**
 * Narrows a failure down: of ever smaller plans, the least found that fails still.
 * @param smaller those next to a plan, the boldest cuts first
 * @param tries how many are played at most
 */
export async function leastFailing<P>(
  failing: P,
  smaller: (plan: P) => Iterable<P>,
  fails: (plan: P) => Promise<boolean>,
  tries: number,
): Promise<P> {
  let least = failing;
  let left = tries;
  for (;;) {
    let found: P | undefined;
    for (const plan of smaller(least)) {
      if (left-- === 0) return least;
      if (!(await fails(plan))) continue;
      found = plan;
      break;
    }
    if (found === undefined) return least;
    least = found;
  }
}
