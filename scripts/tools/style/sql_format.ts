/** No line of SQL is longer, in characters. */
export const LONGEST_LINE = 120;

const KEYWORDS =
  /\b(SELECT|FROM|WHERE|INSERT|INTO|UPDATE|DELETE|CREATE|ALTER|DROP|GRANT|REVOKE|JOIN|LEFT|ON|AND|OR|NOT|NULL|AS|BEGIN|END|RETURN|RETURNS|TABLE|FUNCTION|VIEW|INDEX|TRIGGER)\b/;

/** What is wrong with the form of an SQL file: a sentence each, with its line. */
export function sqlFormatFaults(text: string): string[] {
  const code = withoutTexts(text).split("\n");
  return text.split("\n").flatMap((line, index) => {
    const at = `line ${index + 1}`;
    const own = code[index] ?? "";
    const faults: string[] = [];
    const length = Array.from(line).length;
    if (length > LONGEST_LINE) faults.push(`${at} has ${length} characters, ${LONGEST_LINE} are allowed`);
    if (/\t/.test(line)) faults.push(`${at} has a tab`);
    if (/\s$/.test(line)) faults.push(`${at} ends with a space`);
    const [indent = ""] = own.match(/^ *(?=\S)/) ?? [];
    if (indent.length % 2 === 1) {
      faults.push(`${at} is indented by ${indent.length} spaces, which is not a multiple of two`);
    }
    const [keyword] = own.match(KEYWORDS) ?? [];
    if (keyword !== undefined) faults.push(`${at} has ${keyword} in capitals`);
    return faults;
  });
}

/** The same lines, with spaces for comments and dots for quoted texts, whose lines may begin anywhere. */
function withoutTexts(text: string): string {
  return text.replace(
    /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g,
    (found) => found.replace(/[^\n]/g, found.startsWith("'") ? "." : " "),
  );
}
