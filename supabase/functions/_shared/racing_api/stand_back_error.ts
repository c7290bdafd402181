/** There is no slot, because the endpoint's feed is in the background and another feed has work. */
export class StandBackError extends Error {
  override readonly name = "StandBackError";

  constructor(endpoint: string) {
    super(`${endpoint} gets no slot while other feeds have work`);
  }
}
