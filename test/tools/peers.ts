/** Where the real components are that tests run against. */
import { cacheFolder, findProgram, type Peer, PEERS, type ProgramName } from '../../scripts/peers/table.ts';

/** The path of a real program, to be started as it is; throws when it is missing, so that the test fails. */
export function peer(
  program: ProgramName,
  cache = cacheFolder(),
  searchPath = process.env['PATH'] ?? '',
): string {
  const owner = PEERS.find((each: Peer) => each.programs.includes(program)) as Peer;
  const path = findProgram(owner, program, cache, searchPath);
  if (path === undefined) {
    throw new Error(`${program} is missing (${owner.why}): run \`npx node scripts/peers.ts\``);
  }
  return path;
}
