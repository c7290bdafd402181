/**
 * A condition on a namespace's oid: the schemas whose objects are the project's own. Nothing of it is anywhere else,
 * apart from the jobs of cron.
 */
export function isOurs(namespace: string): string {
  return `${namespace} in (to_regnamespace('public'), to_regnamespace('engine'), to_regnamespace('racing'))`;
}
