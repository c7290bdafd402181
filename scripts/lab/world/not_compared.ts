/** Columns that say when a row came and by which chunk: two pulls of the same data differ in them. */
export const NOT_COMPARED = ["created_at", "updated_at", "pulled_at", "pulled_after_days", "chunk_id"];
