/**
 * How far a failure reaches, and so what the database does about it (`fail_chunk`):
 * `transient`: the chunk is tried again later; `chunk`: that chunk is dead, the run goes on; `account`: the run is paused.
 */
export type FailureClass = "transient" | "chunk" | "account";
