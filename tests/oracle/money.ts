/** A whole number as written, or an error: nothing is guessed. */
export function parseInteger(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new Error(`not a whole number: "${text}"`);
  return Number(text);
}

/** A decimal string in hundredths, exactly: "2.55" is 255, "2.5" is 250. More than two digits is an error. */
export function parseHundredths(text: string): number {
  const match = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text);
  if (match === null) throw new Error(`not an amount in hundredths: "${text}"`);
  const [, sign, whole, fraction = ''] = match;
  const hundredths = Number(`${whole}${fraction.padEnd(2, '0')}`);
  return sign === '-' && hundredths !== 0 ? -hundredths : hundredths;
}
