/** JSON as people read it: a field a line, what is inside it indented, short lists in their line. */
export function formatOutline(value: unknown, indent = ''): string[] {
  if (Array.isArray(value))
    return value.flatMap((item) => withFirst(formatOutline(item, `${indent}  `), `${indent}- `));
  if (value === null || typeof value !== 'object') return [`${indent}${scalar(value)}`];
  return Object.entries(value).flatMap(([name, field]) => {
    const short = shortForm(field);
    if (short !== undefined) return [`${indent}${name}: ${short}`];
    return [`${indent}${name}:`, ...formatOutline(field, `${indent}  `)];
  });
}

function withFirst(lines: string[], mark: string): string[] {
  const [first = '', ...rest] = lines;
  return [mark + first.slice(mark.length), ...rest];
}

function shortForm(value: unknown): string | undefined {
  if (value === null || typeof value !== 'object') return scalar(value);
  const values = Object.values(value);
  if (values.length === 0) return Array.isArray(value) ? 'none' : '{}';
  if (values.length > 4 || values.some((item) => typeof item === 'object' && item !== null)) return undefined;
  if (Array.isArray(value)) return values.map(scalar).join(', ');
  return Object.entries(value)
    .map(([name, field]) => `${name} ${scalar(field)}`)
    .join(', ');
}

function scalar(value: unknown): string {
  return value === null ? '-' : String(value);
}
