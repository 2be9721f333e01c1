import type { ReadBatch } from '../store/sqlite/sqlite-writer.ts';
import { readAgentBatch, schemaGroups } from './agent-batch.ts';

/** What was acknowledged is read again without asking for its size. */
const MAX_BYTES = 2 ** 30;

/** Reads a batch out of the journal, as it was taken when it came, whatever the settings are now. */
export const readJournalledBatch: ReadBatch = ({ body, newestMs, omitted }, store, rows) => {
  const left = new Set(omitted);
  const schemas = schemaGroups(
    store,
    () => undefined,
    (hash, series) => store.addGroup(series, hash),
    (group) => store.widthOf(group),
  );
  const { batch } = readAgentBatch(body, schemas, newestMs, MAX_BYTES, rows, (place) => !left.has(place));
  return batch.logs;
};
