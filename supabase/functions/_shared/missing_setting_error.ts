/** An environment variable that the functions need is not set, or can't be read. */
export class MissingSettingError extends Error {
  override readonly name = "MissingSettingError";
}
