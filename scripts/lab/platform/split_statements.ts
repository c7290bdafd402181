/** One statement of an SQL file, and the line it begins on. */
export interface Statement {
  text: string;
  line: number;
}

/** What ends a quoted stretch of SQL, by how it begins. Dollar quotes and nested comments are looked at separately. */
const TOKEN =
  /--[^\n]*|\/\*|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|;|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\s+|[\s\S]/y;

/**
 * Splits a file of SQL into its statements, without their semicolons. Knows strings, quoted names, dollar quotes,
 * nested comments and functions with a `begin atomic … end` body.
 */
export function splitStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  let start = -1; // where the present statement's first word is
  let end = 0; // where its last word ends
  let words: string[] = [];
  let atomicDepth = 0;
  let line = 1;
  let counted = 0; // up to where the lines are counted: from the beginning each time would take seconds

  const finish = () => {
    if (start >= 0) {
      line += sql.slice(counted, start).split("\n").length - 1;
      counted = start;
      statements.push({ text: sql.slice(start, end), line });
    }
    start = -1;
    words = [];
    atomicDepth = 0;
  };

  let position = 0;
  while (position < sql.length) {
    TOKEN.lastIndex = position;
    const token = TOKEN.exec(sql)?.[0] ?? sql.charAt(position);
    let next = position + token.length;
    if (token === "/*") {
      position = endOfComment(sql, position);
      continue;
    }
    if (token.startsWith("--") || /^\s/.test(token)) {
      position = next;
      continue;
    }
    if (token === ";" && atomicDepth === 0) {
      finish();
      position = next;
      continue;
    }
    if (token.length > 1 && token.startsWith("$") && token.endsWith("$")) {
      const close = sql.indexOf(token, next);
      next = close < 0 ? sql.length : close + token.length;
    } else if (/^[A-Za-z]/.test(token)) {
      const word = token.toLowerCase();
      if (word === "atomic" && words.at(-1) === "begin" && words[0] === "create") atomicDepth = 1;
      else if (atomicDepth > 0 && word === "case") atomicDepth++;
      else if (atomicDepth > 0 && word === "end") atomicDepth--;
      words.push(word);
    }
    if (start < 0) start = position;
    position = end = next;
  }
  finish();
  return statements;
}

function endOfComment(sql: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 0;
  for (let match = edge.exec(sql); match !== null; match = edge.exec(sql)) {
    depth += match[0] === "/*" ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return sql.length;
}
