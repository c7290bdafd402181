/** What Postgres did for one step of a query, as `explain (analyze, format json)` has it. */
export interface PlanNode {
  readonly "Relation Name"?: string;
  /** Of each loop. */
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly Plans?: PlanNode[];
}

/** A step of a plan with all that are below it. */
export function nodesOf(plan: PlanNode | undefined): PlanNode[] {
  return plan === undefined ? [] : [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
