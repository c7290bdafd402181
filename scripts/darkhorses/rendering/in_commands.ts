/** Statements of the database's sentences, and the command that does the same. */
const COMMANDS: readonly (readonly [RegExp, string])[] = [
  [/select backfill_(pause|resume|cancel|retry)\((\d+)\);?/g, "darkhorses $1 $2"],
  [/select \* from check_setup\(\);?/g, "darkhorses check"],
  [/select run_id, state from backfill_status;?/g, "darkhorses status"],
  [/select (?:pull_days|engine\.pull_days)\(date '([\d-]+)'\);?/g, "darkhorses pull $1"],
  [/Read last_error and ingest_errors;/g, "Read darkhorses errors;"],
  [/select \* from publish_api\('(\w+)'\);?/g, "darkhorses publish $1"],
  [/select unpublish_api\(\);?/g, "darkhorses unpublish"],
  [/select drop_legacy\(\);?/g, "darkhorses legacy drop"],
  [/select drop_legacy\(confirm => true\);?/g, "darkhorses legacy drop --confirm"],
  // The old tables stand there as an array.
  [
    /select drop_legacy\(confirm => true, give_up => '\{([^}]*)\}'(, [^)]*)?\);?/g,
    "darkhorses legacy drop --confirm --give-up $1$2",
  ],
];

/** A sentence of the database as it is said on a terminal: with commands in the place of statements. */
export function inCommands(sentence: string): string {
  return COMMANDS.reduce((said, [statement, command]) => said.replaceAll(statement, command), sentence);
}
