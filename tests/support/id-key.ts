/** The same for all runs, so that the same customer has the same id in each. */
export const idKey = '0123456789abcdef'.repeat(4);
