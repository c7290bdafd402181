/** Words that no page of today's documentation has: quaint, or with a plainer one beside them that everybody uses. */
export const QUAINT: readonly RegExp[] = [
  /\bbef[ae]ll(s|en)?\b/i,
  /\banew\b/i,
  /\bamids?t?\b/i,
  /\bin vain\b/i,
  /\bof late\b/i,
  /\bso-manieth\b/i,
  /\bwhoever\b/i,
  /\bshown (himself|herself|itself)\b/i,
  /\bwell again\b/i,
  /\blest\b/i,
  /\bthere(of|in|upon|by)\b/i,
  /\bhence(forth)?\b/i,
  /\bwhilst\b/i,
  /\berstwhile\b/i,
];

/** A quaint word, and where it stands. */
export interface Finding {
  readonly line: number;
  readonly word: string;
}

/** The quaint words of a text, in its order. */
export function quaintWords(text: string): Finding[] {
  return text.split("\n").flatMap((line, index) =>
    QUAINT.flatMap((pattern) => {
      const [word] = line.match(pattern) ?? [];
      return word === undefined ? [] : [{ line: index + 1, word }];
    })
  );
}
