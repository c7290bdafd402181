/** Another invocation works on the chunk, or it has ended. This invocation must drop what it still holds. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}
