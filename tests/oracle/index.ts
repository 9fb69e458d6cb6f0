export { customerAt, customersTierTransitions, everyoneAt, everyonesTransitions, transitions } from './customer.ts';
export type { DatedFact, Fact } from './facts.ts';
export { readCdnow } from './read-cdnow.ts';
export { readOnlineRetail } from './read-online-retail.ts';
export { sales } from './sales.ts';
