/** What the documents tell an operator to type: statements, and commands of darkhorses. */

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;
const INLINE_CODE = /`([^`]+)`/g;
const STATEMENT = /^(?:select|insert|update|delete|with|create|drop) \S+ ?\S/i;

/** The SQL blocks of a document, and after them each statement in inline code, as a text of its own. */
export function sqlIn(markdown: string): string[] {
  return [
    ...blocksOf(markdown, ["sql"]),
    ...inlineCodeOf(markdown).filter((code) => STATEMENT.test(code)),
  ];
}

/** The commands of darkhorses in shell blocks and in inline code, without that word, each once. */
export function commandsIn(markdown: string): string[] {
  const lines = blocksOf(markdown, ["", "sh"]).flatMap((block) => block.replace(/\\\n/g, " ").split("\n"));
  const inline = inlineCodeOf(markdown).filter((code) => /^(?:npx |deno )?(?:.* )?darkhorses /.test(code));
  const found = [...lines, ...inline].flatMap((line) =>
    [...line.matchAll(/(?:^|\s)darkhorses\s+([^\n#;&|]+)/g)].map(([, words = ""]) => words.trim())
  );
  // COMMAND stands for any of them.
  return [...new Set(found)].filter((words) => !/^[A-Z]/.test(words));
}

function blocksOf(markdown: string, languages: readonly string[]): string[] {
  return [...markdown.matchAll(FENCE)]
    .flatMap(([, language = "", block = ""]) => languages.includes(language) ? [block] : []);
}

/** What is between backticks outside blocks; a break of a line in it is a space. */
function inlineCodeOf(markdown: string): string[] {
  return [...markdown.replace(FENCE, "").matchAll(INLINE_CODE)]
    .map(([, code = ""]) => code.replace(/\s+/g, " ").trim());
}
