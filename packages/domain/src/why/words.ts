/** A sentence with names of numbers in braces, in the languages that the product speaks. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}

/** The sentences with their numbers. @throws {Error} for a name that there is no number for */
export function inWords({ en, zh }: Words, numbers: Readonly<Record<string, number | string>>): Words {
  const fill = (sentence: string): string =>
    sentence.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = numbers[name];
      if (value === undefined) throw new Error(`there is no number ${name} for "${sentence}"`);
      return String(value);
    });
  return { en: fill(en), zh: fill(zh) };
}
