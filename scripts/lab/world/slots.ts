import type postgres from "postgres";

/** Gives back every slot of the API that is taken: the next caller has one at once. */
export async function freeSlots(sql: postgres.ISql): Promise<void> {
  await sql`update public.racing_api_limits set next_slot = '-infinity', taken_slots = '{}'`;
}

/**
 * Moves every slot of the API along when time is moved forward. A slot keeps a distance in real time from the call
 * before it. Otherwise the API would be called too fast.
 */
export async function shiftSlots(sql: postgres.ISql, milliseconds: number): Promise<void> {
  await sql`
    update public.racing_api_limits
    set
      next_slot = next_slot + ${milliseconds}::float8 * interval '1 millisecond',
      taken_slots = array(
        select taken + ${milliseconds}::float8 * interval '1 millisecond' from unnest(taken_slots) as taken
      )
  `;
}
