const dayMs = 86_400_000;

/** What a pattern found in a text. */
export interface ReadDate {
  /** The clock on the wall, as ms since 1970 as if it were UTC. */
  readonly localMs: number;
  /** Offset from UTC in ms, when the pattern has one. */
  readonly offsetMs?: number;
}

export interface DatePattern {
  readonly hasTime: boolean;
  readonly hasOffset: boolean;
  /** Undefined when the text is not of this pattern or names a day or a time that no calendar has. */
  read(text: string): ReadDate | undefined;
}

const tokens = {
  yyyy: '(?<year>\\d{4})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  dd: '(?<day>\\d{2})',
  d: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  SSS: '(?<milli>\\d{3})',
  XXX: '(?<offset>Z|[+-]\\d{2}:\\d{2})',
};

/**
 * Compiles a pattern of Unicode's date fields: yyyy MM M dd d HH H mm ss SSS XXX, other letters in 'quotes'.
 * @returns what is wrong with it, as a string, when it is none
 */
export function compileDatePattern(pattern: string): DatePattern | string {
  const groups = new Set<string>();
  let expression = '';
  for (const [piece] of pattern.matchAll(/'[^']*'|([A-Za-z])\1*|[^A-Za-z']+|'/g)) {
    if (piece === "'") return 'has a quote that is not closed';
    if (!/^[A-Za-z]/.test(piece)) {
      expression += piece.replace(/^'(.*)'$/, '$1').replace(/[^A-Za-z0-9]/g, '\\$&');
      continue;
    }
    const token = Object.hasOwn(tokens, piece) ? tokens[piece as keyof typeof tokens] : undefined;
    if (token === undefined) return `has ${piece}, which is none of ${Object.keys(tokens).join(' ')}`;
    const group = token.slice(3, token.indexOf('>'));
    if (groups.has(group)) return `has the ${group} twice`;
    groups.add(group);
    expression += token;
  }
  for (const needed of ['year', 'month', 'day']) if (!groups.has(needed)) return `has no ${needed}`;
  const regex = new RegExp(`^${expression}$`);
  return {
    hasTime: groups.has('hour'),
    hasOffset: groups.has('offset'),
    read: (text) => {
      const found = regex.exec(text)?.groups;
      return found === undefined ? undefined : toDate(found);
    },
  };
}

function toDate(found: Record<string, string>): ReadDate | undefined {
  const number = (name: string) => Number(found[name] ?? 0);
  const [year, month, day] = [number('year'), number('month'), number('day')];
  const [hour, minute, second] = [number('hour'), number('minute'), number('second')];
  const midnight = Date.UTC(year, month - 1, day);
  const date = new Date(midnight);
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const localMs = midnight + ((hour * 60 + minute) * 60 + second) * 1000 + number('milli');
  if (found.offset === undefined) return { localMs };
  if (found.offset === 'Z') return { localMs, offsetMs: 0 };
  const [hours, minutes] = [Number(found.offset.slice(1, 3)), Number(found.offset.slice(4))];
  const size = (hours * 60 + minutes) * 60_000;
  if (size >= dayMs || minutes > 59) return undefined;
  return { localMs, offsetMs: found.offset.startsWith('-') ? -size : size };
}
