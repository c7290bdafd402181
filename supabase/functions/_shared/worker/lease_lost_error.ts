/** Somebody else works on the chunk, or it has ended: whatever this invocation still holds must be dropped. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}
