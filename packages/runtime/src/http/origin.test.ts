import { expect, it } from 'vitest';
import { isTraceparent } from './origin.ts';

const [trace, span] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];

it('takes W3C trace contexts, and no ids of zeros, which would tie strangers together', () => {
  for (const good of [`00-${trace}-${span}-01`, `00-${trace}-${span}-00`, `01-${trace}-${span}-ff`])
    expect(isTraceparent(good), good).toBe(true);
  for (const bad of [
    '',
    `ff-${trace}-${span}-01`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${trace}-${span}-01 `,
    `00-${trace}-${span}`,
  ])
    expect(isTraceparent(bad), bad).toBe(false);
});
