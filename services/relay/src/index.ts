/** Carries the log to the bus. */
export {};
